"""One layer of a Jamba stack (Lieber et al. 2024, arXiv 2403.19887, figure 1).

Each layer is a sequence mixer (Mamba or attention) followed by a channel mixer (feed-forward or
experts), both with RMSNorm before them and a residual around them.
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn

from .attention import AttentionState, GroupedQueryAttention
from .feed_forward import FeedForward
from .mamba import Mamba, MambaState
from .moe import MixtureOfExperts
from .norm import RMSNorm
from .overlap_save import overlap_save

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
        return self._mix_channels(x)

    def advance(self, x: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """The next frames of a stream: (B, n, dim) and the state before them -> both after."""
        mixed, state = self.mixer.advance(self.mixer_norm(x), cast(Any, state))
        return self._mix_channels(x + mixed)[0], state

    def forward_blocks(self, blocks: Iterable[Tensor]) -> Iterator[Tensor]:
        """:meth:`forward` of a sequence that arrives in blocks (B, n, dim), without its loss."""
        if isinstance(self.mixer, Mamba):
            return self._mamba_blocks(self.mixer, blocks)
        return self._attention_blocks(self.mixer, blocks)

    def _mamba_blocks(self, mamba: Mamba, blocks: Iterable[Tensor]) -> Iterator[Tensor]:
        state = None
        for x in blocks:
            mixed, state = mamba.advance(self.mixer_norm(x), state)
            yield self._mix_channels(x + mixed)[0]

    def _attention_blocks(
        self, attention: GroupedQueryAttention, blocks: Iterable[Tensor]
    ) -> Iterator[Tensor]:
        def run(x: Tensor, first: int) -> Tensor:
            return self._mix_channels(x + attention(self.mixer_norm(x), first))[0]

        if attention.window is None:
            return iter([run(torch.cat(list(blocks), dim=1), 0)])
        after = 0 if attention.causal else attention.window
        return overlap_save(run, blocks, before=attention.window, after=after)

    def init_state(self, batch: int) -> LayerState:
        """The mixer's state before the first frame."""
        return self.mixer.init_state(batch)

    def _mix_channels(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        update = self.feed_forward(self.feed_forward_norm(x))
        update, balance = update if isinstance(update, tuple) else (update, None)
        return x + self.dropout(update), balance
