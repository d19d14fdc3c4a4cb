"""Runs of flags."""

import numpy as np

from .arrays import Flags, Ints


def runs(flags: Flags) -> Ints:
    """Return (S, 2) the first index of each run of set flags (n,), and the one behind its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)
