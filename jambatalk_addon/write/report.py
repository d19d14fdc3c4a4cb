"""What a bake made, in numbers and sentences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BakeReport:
    """What a bake made.

    Attributes:
        take: name of the sound.
        frames: number of scene frames.
        shapes: number of shapes, or of bones, that move.
        keys: number of keys on their curves.
        error_mm: farthest any vertex is from the model's motion at any frame.
        notes: sentences on what else happened, or may surprise.
        moved: what `shapes` counts.
    """

    take: str
    frames: int
    shapes: int
    keys: int
    error_mm: float
    notes: tuple[str, ...] = ()
    moved: str = "shapes"
