"""Windows of clips: batches drawn from a seed, and the same ones for every validation."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import UserError
from .clips import FPS, Clips

_LEAST = 30  # frames of the shortest window


class Window(NamedTuple):
    """Where a window begins among all frames, in which performance, and in which style."""

    first: int
    performance: int
    style: int


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of one length of clips that are as long.

    Attributes:
        clips: where they are from, those that are long enough.
        frames: of a window.
    """

    clips: Clips
    frames: int

    @classmethod
    def of(cls, clips: Clips, frames: int) -> "Windows":
        """Return windows of so many frames, or as few (a second at least) as half the clips have.

        Raises:
            UserError: no clip is that long.
        """
        lengths = sorted(row.frames for row in clips.rows)
        chosen = min(frames, max(_LEAST, lengths[(len(lengths) - 1) // 2]))
        kept = [row for row in clips.rows if row.frames >= chosen]
        if not kept:
            raise UserError(f"No clip is as long as {chosen / FPS:g} s; give longer recordings.")
        return cls(replace(clips, rows=kept), chosen)

    def draw(self, count: int, *seeds: int) -> list[Window]:
        """Return windows, each at a place that is drawn evenly among all frames."""
        random = np.random.default_rng(seeds)
        lengths = np.array([row.frames for row in self.clips.rows], np.float64)
        rows = random.choice(len(lengths), count, p=lengths / lengths.sum())
        found = []
        for row in (self.clips.rows[index] for index in rows):
            performance = int(random.integers(len(row.styles)))
            start = int(random.integers(row.frames - self.frames + 1))
            found.append(Window(row.first + start, performance, row.styles[performance]))
        return found

    def features(self, windows: list[Window]) -> Tensor:
        """Return what is heard, (B, T, C)."""
        return _stacked([self.clips.features[self._rows(each)] for each in windows])

    def part(self, name: str, windows: list[Window]) -> Tensor:
        """Return what a part does, (B, T, channels)."""
        moves = self.clips.part(name)
        return _stacked([moves[each.performance, self._rows(each)] for each in windows])

    def styles(self, windows: list[Window]) -> Tensor:
        """Return the styles (B,)."""
        return torch.tensor([each.style for each in windows])

    def _rows(self, window: Window) -> slice:
        return slice(window.first, window.first + self.frames)


def _stacked(parts: list[NDArray[np.float16]]) -> Tensor:
    return torch.from_numpy(np.stack(parts).astype(np.float32))
