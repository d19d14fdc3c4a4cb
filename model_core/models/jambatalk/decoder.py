"""What a JambaTalk's decoder is to the model around it."""

from collections.abc import Callable
from typing import Protocol

from ...base.arrays import Array

CarriedDecoder = Callable[[Array, Array | None, bool], Array]
"""The next features of a clip (n, C), perhaps none, their drift, and whether they are the last ->
the outputs that are ready (m, K), in order; after the last all of them were given."""


class Decoder(Protocol):
    """What computes a decoder."""

    def __call__(self, features: Array, style: Array, drift: Array | None = None) -> Array:
        """Return outputs (n, K) of features (n, C) in a style.

        Args:
            features: as the encoder gives them.
            style: share of each style (styles,).
            drift: what a take adds frame by frame (n, drifts), to the shares and as manners;
                nothing if None.
        """

    def begin(self, style: Array) -> CarriedDecoder | None:
        """Return what decodes a clip in a style block by block, to what one pass would give.

        None where that cannot be done.
        """
