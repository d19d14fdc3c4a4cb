"""What a MambaTalk tells and draws, whichever engine computes its networks."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple, Protocol

import numpy as np

from ...base.arrays import Array, Flags, Floats, Ints
from .config import MambaTalkConfig
from .parts import EYES, HEAD, MOUTH

Codes = dict[str, Ints]
"""By part, (n, H), indices of codes."""
Hidden = Mapping[str, Flags]
"""By part, (n, H), which codes are not known."""
LIVING = (HEAD, EYES)
"""Parts that are drawn, in this order: the eyes stay where they look while the head moves."""


class Guess(NamedTuple):
    """What the scans say of n tokens."""

    mouth: Ints  # (n, H), the codes nearest to its latents
    logits: Mapping[str, Array]  # of each of `LIVING`, (n, H, codes)


class Networks(Protocol):
    """What computes the networks of a MambaTalk, one clip at a time."""

    def guess(self, heard: Array, style: Array, codes: Codes, hidden: Hidden) -> Guess:
        """Tokens of speech (n, fold C), a style (styles,) and what is known -> what all do."""

    def decode(self, codes: Codes) -> dict[str, Array]:
        """Codes of all parts -> what these do, (n fold, channels)."""


def told_mouth(networks: Networks, config: MambaTalkConfig, features: Array, style: Array) -> Array:
    """Return what the mouth does, (T, channels), as published: the codes nearest to the latents.

    Args:
        networks: of the model.
        config: its sizes.
        features: (T, C) of the speech.
        style: (styles,) shares.
    """
    heard = folded(features, config.scans.fold)
    codes, hidden = _nothing(config, len(heard))
    codes[MOUTH] = networks.guess(heard, style, codes, hidden).mouth
    return networks.decode(codes)[MOUTH][: len(features)]


def drawn_life(
    networks: Networks,
    config: MambaTalkConfig,
    features: Array,
    style: Array,
    chances: Mapping[str, Array],
) -> dict[str, Array]:
    """Return what the parts of `chances` do, (T, channels), drawn by their codes' shares.

    What the published model says of a face is one thing for a sound, and so the mean of what it may
    do: of blinks, none. Its random masks teach it more: what a hidden code is, given those around
    it. So codes are drawn one after the other, each given all that were drawn before; only those
    `draws` tokens apart, at once.

    Args:
        networks: of the model.
        config: its sizes.
        features: (T, C) of the speech.
        style: (styles,) shares.
        chances: by part, (n, H) numbers of 0 to 1 that decide which codes.
    """
    heard = folded(features, config.scans.fold)
    codes, hidden = _nothing(config, len(heard))
    for part in [part for part in LIVING if part in chances]:
        tokens, groups = chances[part].shape
        for rows, group in order_of(tokens, groups, config.draws):
            logits = networks.guess(heard, style, codes, hidden).logits[part][rows, group]
            codes[part][rows, group] = _picked(logits, chances[part][rows, group])
            hidden[part][rows, group] = False
    made = networks.decode(codes)
    return {part: made[part][: len(features)] for part in chances}


def folded(features: Array, fold: int) -> Array:
    """Return frames (T, C) as tokens (n, fold C); the last frame is held to fill up."""
    tokens = ceil(len(features) / fold)
    held = np.pad(features, ((0, tokens * fold - len(features)), (0, 0)), mode="edge")
    return held.reshape(tokens, -1)


def order_of(tokens: int, groups: int, stride: int) -> Iterator[tuple[Sequence[int], int]]:
    """Yield which tokens are drawn at once, and which of their codes.

    They lie a stride apart; the next ones lie in the middle between those before, as the bits of a
    number say read backwards.
    """
    bits = (stride - 1).bit_length()
    firsts = sorted(range(stride), key=lambda n: int(f"{n:0{max(bits, 1)}b}"[::-1], 2))
    for first in firsts:
        rows = range(first, tokens, stride)
        if rows:
            yield from ((list(rows), group) for group in range(groups))


def _nothing(config: MambaTalkConfig, tokens: int) -> tuple[Codes, dict[str, Flags]]:
    """Return codes of which none is known, and that they are hidden."""
    shapes = {part: (tokens, prior.groups) for part, prior in config.priors.items()}
    codes = {part: np.zeros(shape, np.int64) for part, shape in shapes.items()}
    return codes, {part: np.ones(shape, bool) for part, shape in shapes.items()}


def _picked(logits: Array, chances: Array) -> Ints:
    """Return the codes (m,) on which numbers of 0 to 1 (m,) fall, by their shares (m, codes)."""
    raised: Floats = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares = np.cumsum(raised, axis=1) / raised.sum(axis=1, keepdims=True)
    below = (shares < chances[:, None]).sum(axis=1)
    return np.minimum(below, shares.shape[1] - 1).astype(np.int64)
