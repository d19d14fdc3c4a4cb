"""Overlap-save: a function of a bounded neighbourhood, over a sequence that arrives in blocks."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor


def overlap_save(
    function: Callable[[Tensor, int], Tensor], blocks: Iterable[Tensor], before: int, after: int
) -> Iterator[Tensor]:
    """Yield ``function`` of the whole sequence, in blocks as its context becomes known.

    Args:
        function: (B, n, C) and the number of its first frame -> (B, n, C'), where a frame depends
            on ``before`` frames before it and ``after`` frames after it.
        blocks: consecutive (B, n, C).
        before: frames of context kept.
        after: frames of context waited for.
    """
    held, origin, done = None, 0, 0  # held frames are those from origin; done ones were yielded
    for block in blocks:
        held = block if held is None else torch.cat((held, block), dim=1)
        ready = origin + held.shape[1] - after
        if ready > done:
            yield function(held, origin)[:, done - origin : ready - origin]
            kept = max(origin, ready - before)
            held, origin, done = held[:, kept - origin :], kept, ready
    if held is not None and done < origin + held.shape[1]:
        yield function(held, origin)[:, done - origin :]
