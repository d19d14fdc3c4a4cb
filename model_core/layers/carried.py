"""Layers of a clip that comes in blocks: each keeps what the next block needs.

Looking back is a state. A layer that looks ahead gives its frames once it has seen what they see,
so that blocks are one pass over all of it, whatever their lengths.
"""

from typing import Protocol, cast

import torch
from torch import Tensor

from .attention import AttentionState, GroupedQueryAttention, window_attention
from .block import JambaLayer
from .mamba import MambaState


class Carried(Protocol):
    """What takes the blocks of one clip, one after the other."""

    def __call__(self, x: Tensor, last: bool, /) -> Tensor:
        """The next frames (B, n, dim), perhaps none -> those that are ready (B, m, dim).

        After the last all of them were given; there is at least one in all.
        """


def carried_layer(layer: JambaLayer) -> Carried | None:
    """What carries a layer over the blocks of a clip; None for one that needs all of it."""
    mixer = layer.mixer
    if not isinstance(mixer, GroupedQueryAttention) or mixer.causal:
        return _Backward(layer)
    return None if mixer.window is None else _BothWays(layer, mixer, mixer.window)


class _Backward:
    """A layer whose frames see earlier ones only."""

    def __init__(self, layer: JambaLayer) -> None:
        self._layer = layer
        self._state: MambaState | AttentionState | None = None

    def __call__(self, x: Tensor, _last: bool) -> Tensor:
        """As `Carried`."""
        if not x.shape[1]:
            return x
        if self._state is None:
            self._state = self._layer.init_state(len(x))
        x, self._state = self._layer.advance(x, self._state)
        return x


class _BothWays:
    """A layer whose frames attend to those within a window on both sides."""

    def __init__(self, layer: JambaLayer, mixer: GroupedQueryAttention, window: int) -> None:
        self._layer, self._mixer, self._window = layer, mixer, window
        self._held: list[Tensor] = []  # x, queries, keys and values; frames are their axis but one
        self._done = self._seen = 0  # how many of those held were given; frames seen in all

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        """As `Carried`."""
        fresh = [x, *self._mixer.project(self._layer.mixer_norm(x), self._seen)]
        self._seen += x.shape[1]
        if self._held:
            fresh = [torch.cat(both, dim=-2) for both in zip(self._held, fresh, strict=True)]
        x, q, k, v = fresh
        ready = slice(self._done, max(self._done, x.shape[1] - (0 if last else self._window)))
        mixed = window_attention(q, k, v, self._window, causal=False)[:, :, ready]
        passed = max(0, ready.stop - self._window)
        self._held = [each[..., passed:, :] for each in fresh]
        self._done = ready.stop - passed
        mixed = self._mixer.out(mixed.transpose(1, 2).flatten(2))
        return self._layer.mix_channels(x[:, ready] + mixed)[0]


class Delayed:
    """A sum over a few frames on both sides of each, zeros around the clip.

    Args:
        module: gives as many frames (B, n, C) as it gets, zeros around them.
        reach: how many frames it sees on each side.
    """

    def __init__(self, module: torch.nn.Module, reach: int) -> None:
        self._module, self._reach = module, reach
        self._held: Tensor | None = None
        self._done = 0  # of those held

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        """As `Carried`."""
        x = x if self._held is None else torch.cat((self._held, x), dim=1)
        ready = slice(self._done, max(self._done, x.shape[1] - (0 if last else self._reach)))
        passed = max(0, ready.stop - self._reach)
        self._held, self._done = x[:, passed:], ready.stop - passed
        return cast(Tensor, self._module(x))[:, ready]
