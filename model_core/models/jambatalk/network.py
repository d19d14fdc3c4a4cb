"""JambaTalk's decoder: speech features in, face motion out (arXiv 2408.01627, figure 1).

Three Mamba-family layers on each side of one Transformer layer, built as Jamba layers. ``M`` is a
Mamba layer, ``E`` a Mamba layer with a mixture of experts (MoE-Mamba), ``T`` the Transformer.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...base.errors import UserError
from ...layers.attention import GroupedQueryAttention
from ...layers.block import JambaLayer, LayerState
from ...layers.feed_forward import FeedForward
from ...layers.lower_layers import LowerLayers
from ...layers.mamba import Mamba
from ...layers.manner_head import MannerHead
from ...layers.moe import MixtureOfExperts
from ...layers.norm import RMSNorm
from ...layers.regime_head import RegimeHead, Regimes
from ...layers.rope import LowRankRotaryEmbedding, NoEmbedding, RotaryEmbedding
from ...layers.side_head import SideHead
from ...layers.standardise import Standardise
from .config import ARRANGEMENTS, JambaTalkConfig


class Prediction(NamedTuple):
    """What training sees of a clip."""

    motion: Tensor  # (B, T, outputs)
    balance: Tensor  # (), mean load-balance loss of the layers with experts
    regimes: Regimes | None = None  # what the motion is mixed of, by a model with a gate
    tongue: Tensor | None = None  # (B, T, tongue), of a model that moves one
    tokens: Tensor | None = None  # (B, n, d_model), as the heads see them


class JambaTalkState(NamedTuple):
    """What streaming carries from one token to the next."""

    layers: tuple[LayerState, ...]


class JambaTalk(nn.Module):
    """Features and a style -> basis weights or vertex offsets, at one frame rate."""

    def __init__(self, config: JambaTalkConfig) -> None:
        super().__init__()
        self.config = config
        self.standardise = Standardise(config.heard)
        self.lower = LowerLayers(config.lower, config.layer) if config.lower else None
        self.look = _Lookahead(config.heard, config.lookahead) if config.lookahead else None
        self.embed = nn.Linear(config.fold * config.heard, config.d_model)
        self.style = nn.Embedding(config.styles, config.d_model)
        self.layers = nn.ModuleList(jamba_layer(kind, config) for kind in self.order)
        self.norm = RMSNorm(config.d_model)
        self.head = _head(config)
        self.tongue = _tongue(config) if config.tongue else None
        self.manners = _manners(config) if config.manners else None
        nn.init.normal_(self.style.weight, std=0.02)

    @property
    def order(self) -> str:
        """The kinds of the layers, first to last: M, E and T."""
        return ARRANGEMENTS[self.config.arrangement]

    def forward(self, features: Tensor, style: Tensor, drift: Tensor | None = None) -> Tensor:
        """A whole clip: ``features`` (B, T, inputs) -> (B, T, outputs + tongue).

        ``style`` is (B,) long, one style each, or (B, styles) float, a mixture of them. ``drift``
        (B, T, styles + manners) is what a take adds frame by frame: shares of the styles, which
        add to 0, and manners.
        """
        seen = self.forward_with_aux(features, style, drift)
        return side_by_side(seen.motion, seen.tongue)

    def forward_with_aux(
        self, features: Tensor, style: Tensor, drift: Tensor | None = None
    ) -> Prediction:
        """:meth:`forward`, and what else training needs."""
        length = features.shape[1]
        tokens, x, losses = self._layered(features, style, drift)
        motion, regimes = self._frames(x)
        if drift is not None and self.manners is not None:
            motion = motion + self.manners(self.norm(x), self.mannered(drift))
        if regimes is not None:
            regimes = Regimes(*(part[:, :length] for part in regimes))
        tongue = self.tongue(self.seen(tokens, x)) if self.tongue is not None else None
        tongue = tongue[:, :length] if tongue is not None else None
        balance = torch.stack(losses).mean() if losses else motion.new_zeros(())
        return Prediction(motion[:, :length], balance, regimes, tongue, self.norm(x))

    def trunk(self, features: Tensor, style: Tensor) -> Tensor:
        """What the heads see of a clip: (B, T, inputs) -> (B, n, d_model)."""
        return self.norm(self._layered(features, style, None)[1])

    def _layered(
        self, features: Tensor, style: Tensor, drift: Tensor | None
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Tokens as heard and as the layers left them (B, n, ...), and the experts' losses."""
        features = self.listened(features)
        if self.look is not None:
            features = self.look(features)
        tokens, x = self.entered(features, style, drift)
        losses = []
        for layer in self.stack:
            x, loss = layer(x)
            losses += [] if loss is None else [loss]
        return tokens, x, losses

    def init_state(self, batch: int) -> JambaTalkState:
        """The state before the first token of a stream.

        Raises:
            UserError: the model looks ahead, so it cannot stream.
        """
        if not self.config.streams:
            raise UserError("This model looks ahead; stream with a causal one without lookahead.")
        return JambaTalkState(tuple(layer.init_state(batch) for layer in self.stack))

    def step(
        self, features: Tensor, style: Tensor, state: JambaTalkState
    ) -> tuple[Tensor, JambaTalkState]:
        """The next whole tokens of a stream: (B, n fold, inputs) -> (B, n fold, all outputs)."""
        tokens, x = self.entered(self.listened(features), style)
        states = []
        for layer, before in zip(self.stack, state.layers, strict=True):
            x, after = layer.advance(x, before)
            states.append(after)
        return self.left(tokens, x), JambaTalkState(tuple(states))

    def listened(self, features: Tensor) -> Tensor:
        """Features (B, T, inputs) standardised, lower layers mixed in: (B, T, heard)."""
        if self.lower is None:
            return self.standardise(features)
        layer, lower = self.lower.layer, self.config.lower
        last, below, levels = features.split((layer, lower, features.shape[-1] - layer - lower), -1)
        return self.lower(self.standardise(torch.cat([last, levels], dim=-1)), below)

    def entered(
        self, heard: Tensor, style: Tensor, drift: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """What goes into the layers: frames (B, T, heard) -> tokens as heard and (B, n, d_model).

        ``heard`` were `listened` to, and looked ahead from; the last token is padded.
        """
        tokens = self._tokens(heard)  # (B, n, fold heard)
        x = self._embed(tokens, style)
        return tokens, x if drift is None else x + self._drifted(drift)

    def left(self, tokens: Tensor, x: Tensor, mannered: Tensor | None = None) -> Tensor:
        """What tokens become, as heard and as the layers left them: (B, n fold, all outputs)."""
        motion = self._frames(x)[0]
        if mannered is not None and self.manners is not None:
            motion = motion + self.manners(self.norm(x), mannered)
        tongue = self.tongue(self.seen(tokens, x)) if self.tongue is not None else None
        return side_by_side(motion, tongue)

    def seen(self, tokens: Tensor, x: Tensor) -> Tensor:
        """What the tongue's head sees: tokens as heard and as the layers left them, (B, n, C)."""
        return torch.cat([tokens, self.norm(x)], dim=-1)

    @property
    def stack(self) -> list[JambaLayer]:
        """The layers, first to last."""
        return cast(list[JambaLayer], list(self.layers))

    def _tokens(self, features: Tensor) -> Tensor:
        """Frames (B, T, inputs) -> tokens (B, n, fold inputs), the last one padded."""
        fold = self.config.fold
        features = F.pad(features, (0, 0, 0, -features.shape[1] % fold))
        return features.unflatten(1, (-1, fold)).flatten(2)

    def _embed(self, tokens: Tensor, style: Tensor) -> Tensor:
        """Tokens as heard (B, n, fold heard) -> (B, n, d_model)."""
        mixture = style.is_floating_point()
        vector = style @ self.style.weight if mixture else self.style(style)  # (B, d_model)
        return self.embed(tokens) + vector[:, None]

    def _drifted(self, drift: Tensor) -> Tensor:
        """What a token's first frame adds to the style: (B, T, drifts) -> (B, n, d_model)."""
        return self._tokens(drift)[..., : self.config.styles] @ self.style.weight

    def mannered(self, drift: Tensor) -> Tensor:
        """The manners of a token's first frame: (B, T, styles + manners) -> (B, n, manners)."""
        return self._tokens(drift)[..., self.config.styles : self.config.drifts]

    def _frames(self, x: Tensor) -> tuple[Tensor, Regimes | None]:
        """Tokens (B, n, d_model) -> frames (B, n fold, outputs), and what they are mixed of."""
        x = self.norm(x)
        if isinstance(self.head, RegimeHead):
            regimes = self.head(x)
            return regimes.mixed(regimes.gate.sigmoid()), regimes
        return self.head(x).unflatten(-1, (self.config.fold, -1)).flatten(1, 2), None


class _Lookahead(nn.Module):
    """Depthwise convolution over the frames around each one; the identity before training."""

    def __init__(self, channels: int, reach: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 2 * reach + 1, padding=reach, groups=channels)
        nn.init.dirac_(self.conv.weight, groups=channels)
        nn.init.zeros_(cast(Tensor, self.conv.bias))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, channels) -> (B, T, channels)."""
        return self.conv(x.transpose(1, 2).contiguous()).transpose(1, 2)


def jamba_layer(kind: str, config: JambaTalkConfig) -> JambaLayer:
    """A layer of kind M, E or T."""
    dim, hidden = config.d_model, config.hidden
    mixer = (
        _attention(config)
        if kind == "T"
        else Mamba(
            dim, config.d_state, config.d_conv, config.expand, config.discretisation == "hold"
        )
    )
    feed_forward = (
        MixtureOfExperts(dim, hidden, config.experts, config.top_k, config.plain_gates)
        if kind == "E"
        else FeedForward(dim, hidden)
    )
    return JambaLayer(dim, mixer, feed_forward, config.dropout)


def _head(config: JambaTalkConfig) -> nn.Linear | RegimeHead:
    """What turns tokens into frames; untrained, the face is at rest."""
    if config.head == "gated":
        return RegimeHead(config.d_model, config.fold, config.outputs)
    head = nn.Linear(config.d_model, config.fold * config.outputs)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def _tongue(config: JambaTalkConfig) -> SideHead:
    """What moves the tongue by what was heard and what the layers made of it."""
    return SideHead(config.fold * config.heard + config.d_model, config.fold, config.tongue)


def _manners(config: JambaTalkConfig) -> MannerHead:
    """What changes the shapes by the manner of speaking."""
    return MannerHead(config.d_model, config.manners, config.fold, config.outputs)


def side_by_side(motion: Tensor, tongue: Tensor | None) -> Tensor:
    """Join (B, T, outputs) and (B, T, tongue)."""
    return motion if tongue is None else torch.cat([motion, tongue], dim=-1)


def _attention(config: JambaTalkConfig) -> GroupedQueryAttention:
    kinds = {"rope": RotaryEmbedding, "lrl-rope": LowRankRotaryEmbedding, "none": NoEmbedding}
    return GroupedQueryAttention(
        config.d_model,
        config.heads,
        config.kv_heads,
        kinds[config.rope](config.d_model // config.heads),
        config.window,
        config.causal,
    )
