"""The likeliest path through units said in a row, some of which may be left out (Viterbi).

A unit is two states of at least a frame each, so that diphthongs and affricates change midway.
"""

import numpy as np
from numpy.typing import NDArray

STATES = 2
"""Of a unit."""


def best_path(
    likelihoods: NDArray[np.floating], pauses: NDArray[np.bool_]
) -> NDArray[np.int64] | None:
    """State (T,) of each frame on the likeliest path, or None if there are too few frames.

    Args:
        likelihoods: (T, 2 U) log likelihood of each frame in each state, two a unit. States follow
            each other in order, each for a frame or longer.
        pauses: (U,) whether a unit may be left out; never two in a row.
    """
    frames, count = likelihoods.shape
    skips = np.zeros(count, bool)
    skips[2 * STATES :: STATES] = pauses[1:-1]  # into the unit after a pause, from before it
    score = np.full(count, -np.inf)
    starts = [0, STATES] if pauses[0] and count > STATES else [0]
    score[starts] = likelihoods[0, starts]
    steps = np.zeros((frames, count), np.int8)
    for frame in range(1, frames):
        score, steps[frame] = _advance(score, skips)
        score += likelihoods[frame]
    ends = [count - 1, count - 1 - STATES] if pauses[-1] and count > STATES else [count - 1]
    end = max(ends, key=score.__getitem__)
    return _trace(steps, end) if score[end] > -np.inf else None


def _advance(
    score: NDArray[np.floating], skips: NDArray[np.bool_]
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Best score (S,) of arriving in each state, and how many states back it came from (S,)."""
    jump = 1 + STATES
    candidates = np.full((3, len(score)), -np.inf)
    candidates[0] = score
    candidates[1, 1:] = score[:-1]
    candidates[2, jump:] = np.where(skips[jump:], score[:-jump], -np.inf)
    best = candidates.argmax(0)
    return candidates[best, np.arange(len(score))], np.array([0, 1, jump])[best]


def _trace(steps: NDArray[np.int8], state: int) -> NDArray[np.int64]:
    """States (T,) of the path that ends in a state."""
    path = np.empty(len(steps), np.int64)
    for frame in range(len(steps) - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    return path
