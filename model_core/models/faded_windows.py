"""What is drawn in windows of one length, faded into each other where they overlap."""

from collections.abc import Callable, Iterator

import numpy as np

from ..base.arrays import Array

WINDOW_SECONDS, OVERLAP_SECONDS = 20.0, 2.0


def faded_windows(
    draw: Callable[[slice], Array], total: int, rate: float, frames: int = 1
) -> Iterator[Array]:
    """Yield drawn rows (n, ...) one window after the other, all of them in the end.

    Args:
        draw: steps from one to another -> their rows, some a step.
        total: how many steps there are.
        rate: steps a second.
        frames: rows a step.
    """
    length, overlap = (round(s * rate) for s in (WINDOW_SECONDS, OVERLAP_SECONDS))
    faded = frames * overlap
    rising = np.linspace(0, 1, faded, dtype=np.float32)[:, None]
    tail = np.empty((0, 0), np.float32)
    for first in range(0, max(1, total - overlap), length - overlap):
        drawn = draw(slice(first, first + length))
        if first:
            drawn[:faded] = tail + rising * (drawn[:faded] - tail)
        last = first + length >= total
        tail = drawn[len(drawn) - faded :]
        yield drawn if last else drawn[:-faded]
