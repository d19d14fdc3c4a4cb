"""What moves a rig's face: numbers at data paths of a data-block, by the weights of what we ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import bpy

from ...model_core.base.arrays import Floats
from ...model_core.motion.curves import Curve


class Channel(Protocol):
    """One property of a data-block: a bone's rotation, or a slider."""

    @property
    def path(self) -> str:
        """Data path, from the data-block."""

    @property
    def value(self) -> list[float]:
        """The numbers as they are now."""

    @property
    def rest(self) -> list[float]:
        """The numbers at rest."""

    def bring(self, numbers: list[float]) -> None:
        """Set the numbers."""

    def problem(self, ours: frozenset[str]) -> str | None:
        """Return in one sentence why speech cannot key it, or None; `ours` are our paths."""

    def numbers(self, mixed: Any) -> Floats:
        """Return (T, C) its numbers in what `Moves.mix` made."""


Written: TypeAlias = "list[tuple[Channel, dict[str, Curve]]]"
"""The curves of each channel, by the names of its numbers, in scene frames."""


class Moves(Protocol):
    """All that moves a rig's face.

    Attributes:
        word: what is counted, as in "12 bones".
    """

    word: str

    @property
    def owner(self) -> bpy.types.ID:
        """The data-block whose action has the keys."""

    @property
    def names(self) -> Sequence[str]:
        """K of what is weighed: poses, or sliders."""

    @property
    def called(self) -> str:
        """What moves, as the artist is told."""

    def channels(self) -> Sequence[Channel]:
        """Return the channels that are there."""

    def missing(self) -> list[str]:
        """Return sentences on what was there once."""

    def mix(self, weights: Floats) -> Any:
        """Return what channels take their numbers from, at weights (T, K)."""

    def count(self, channels: Sequence[Channel]) -> int:
        """Return how many bones or sliders some channels are of."""

    def show(self, weights: Mapping[str, float]) -> None:
        """Set the channels as some weights have them, all others at 0."""
