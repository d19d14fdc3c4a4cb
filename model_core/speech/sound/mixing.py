"""Several channels to one, without losing what one of them says."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .tracks import Block

WINDOW_SECONDS = 0.5
_DEAD = 1e-6  # of the loudest channel's power, over all
_SILENT = 1e-4  # of the loudest window's power
_CANCELLED = 0.5  # of the power that unrelated channels would add up to
_MUCH_QUIETER = 0.25  # of a channel's power
_FULL_SCALES = (7, 15, 23, 31)  # bits of integers, signed
_LOUDEST_FLOAT = 8.0  # full scale is 1; hot mixes exceed it, but by no more than 18 dB
_FEW = 0.01  # of the samples: clicks, not speech


class NoSoundError(ValueError):
    """There are values that are no sound, such as NaN."""


@dataclass
class Survey:
    """What is known of a track's samples before they are mixed.

    Attributes:
        covariances: (W, C, C) power of each window, and between its channels.
        low, high: the extreme values.
        heard: how many values are not zero.
        beyond: how many lie beyond full scale.
    """

    covariances: NDArray[np.float64]
    low: float = 0.0
    high: float = 0.0
    heard: int = 0
    beyond: int = 0

    @property
    def bits(self) -> int:
        """The power of two that brings integers kept as floats to full scale; 0 for sound."""
        swing = (self.high - self.low) / 2 if self.low >= 0 else max(-self.low, self.high)
        if swing <= _LOUDEST_FLOAT or self.has_clicks:
            return 0
        return next((bits for bits in _FULL_SCALES if swing <= 2.0**bits), _FULL_SCALES[-1])

    @property
    def has_clicks(self) -> bool:
        """Whether a few values only lie far beyond full scale."""
        loud = max(-self.low, self.high) > _LOUDEST_FLOAT
        return loud and self.beyond < _FEW * self.heard


@dataclass(frozen=True)
class Mix:
    """How much of each channel is heard, window by window.

    Attributes:
        weights: (W, C), to be blended from window to window.
        sounding: (W,) where there is more than silence.
        cancelled: (W,) where channels would cancel each other, so that one is heard alone.
        window: frames a window.
    """

    weights: NDArray[np.float64]
    sounding: NDArray[np.bool_]
    cancelled: NDArray[np.bool_]
    window: int

    def apply(self, block: Block, first: int) -> Block:
        """Return mono (n,) of a block (n, C) whose first frame is the track's `first`."""
        if (self.weights == self.weights[0]).all():
            return block @ self.weights[0].astype(np.float32)
        middles = (np.arange(len(self.weights)) + 0.5) * self.window
        frames = np.arange(first, first + len(block))
        columns = [np.interp(frames, middles, column) for column in self.weights.T]
        mono: Block = np.einsum("nc,cn->n", block, np.asarray(columns, np.float32))
        return mono


def survey(blocks: Iterable[Block], window: int, count: bool) -> Survey:
    """Look through blocks (n, C).

    Args:
        blocks: consecutive ones.
        window: frames of one covariance.
        count: also look at how far the values go; they may be integers.
    """
    found = Survey(np.empty((0, 0, 0)))
    covariances: list[NDArray[np.float64]] = []
    held: Block | None = None
    for block in blocks:
        if count:
            _count(found, block)
        held = block if held is None else np.concatenate([held, block])
        whole = len(held) // window * window
        covariances.append(_covariances(held[:whole].reshape(-1, window, held.shape[1])))
        held = held[whole:]
    if held is not None and len(held):
        covariances.append(_covariances(held[None]))
    found.covariances = np.concatenate(covariances)
    return found


def choose_mix(covariances: NDArray[np.float64], window: int) -> Mix:
    """Return the mean of the channels that are not dead, and one alone where they cancel."""
    windows, channels = covariances.shape[:2]
    powers = np.einsum("wcc->wc", covariances)  # (W, C)
    total = powers.sum(axis=0)
    alive = total >= _DEAD * total.max()
    mean = alive / alive.sum()
    mixed = np.einsum("wcd,c,d->w", covariances, mean, mean)
    loudest = powers.max(axis=1)
    sounding = loudest > _SILENT * loudest.max(initial=0.0)
    cancelled = sounding & (mixed < _CANCELLED * (powers @ mean**2))
    weights = np.tile(mean, (windows, 1))
    best = total.argmax()  # the same one from window to window, as long as it speaks
    alone = np.where(powers[:, best] > _MUCH_QUIETER * loudest, best, powers.argmax(axis=1))
    weights[cancelled] = np.eye(channels)[alone[cancelled]]
    return Mix(weights, sounding, cancelled, window)


def _count(found: Survey, block: Block) -> None:
    found.low = min(found.low, float(block.min()))
    found.high = max(found.high, float(block.max()))
    found.heard += int(np.count_nonzero(block))
    found.beyond += int(np.count_nonzero(np.abs(block) > 1))


def _covariances(windows: Block) -> NDArray[np.float64]:
    """Windows (W, n, C) -> (W, C, C), of what is left without each channel's mean."""
    means = windows.mean(axis=1, dtype=np.float64, keepdims=True)
    centred = windows - means.astype(np.float32)
    product = centred.transpose(0, 2, 1) @ centred / windows.shape[1]
    return product.astype(np.float64)
