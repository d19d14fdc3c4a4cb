"""One layer of a Jamba stack (Lieber et al. 2024, arXiv 2403.19887, figure 1).

Each layer is a sequence mixer (Mamba or attention) followed by a channel mixer (feed-forward or
experts), both with RMSNorm before them and a residual around them.
"""

from typing import Any, cast

from torch import Tensor, nn

from .attention import AttentionState, GroupedQueryAttention
from .feed_forward import FeedForward
from .mamba import Mamba, MambaState
from .moe import MixtureOfExperts
from .norm import RMSNorm

LayerState = MambaState | AttentionState


class JambaLayer(nn.Module):
    """``x += mixer(norm(x)); x += feed_forward(norm(x))``."""

    def __init__(
        self,
        dim: int,
        mixer: Mamba | GroupedQueryAttention,
        feed_forward: FeedForward | MixtureOfExperts,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.mixer_norm = RMSNorm(dim)
        self.mixer = mixer
        self.feed_forward_norm = RMSNorm(dim)
        self.feed_forward = feed_forward
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, T, dim) -> (B, T, dim) and, of a layer with experts, its load-balance loss ()."""
        x = x + self.dropout(self.mixer(self.mixer_norm(x)))
        return self.mix_channels(x)

    def advance(self, x: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """The next frames of a stream: (B, n, dim) and the state before them -> both after."""
        mixed, state = self.mixer.advance(self.mixer_norm(x), cast(Any, state))
        return self.mix_channels(x + mixed)[0], state

    def init_state(self, batch: int) -> LayerState:
        """The mixer's state before the first frame."""
        return self.mixer.init_state(batch)

    def mix_channels(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """The second half: (B, T, dim) -> (B, T, dim) and the load-balance loss."""
        update = self.feed_forward(self.feed_forward_norm(x))
        update, balance = update if isinstance(update, tuple) else (update, None)
        return x + self.dropout(update), balance
