"""The tongue's channels of a motion, for a mesh of its own: FLAME's has none."""

from dataclasses import replace

import numpy as np

from ..base.arrays import Array, Flags
from ..rig.arkit import WITHOUT_SHAPE
from .curves import Curve
from .motion import Motion
from .reduction import Reduction

_REACH = 0.012  # metres that a channel moves a tongue's farthest vertex at weight 1, about
TOLERANCE_MM = 0.5
"""Farthest that curves may be off: tongues are seen less well than lips."""


def split_tongue(motion: Motion) -> tuple[Motion, Motion]:
    """Return a motion without the tongue's channels, and one of them alone.

    The latter's channels each move a vertex of their own, so that it can be reduced to curves.
    """
    aside = np.array([name in WITHOUT_SHAPE for name in motion.names], np.bool_)
    tongue = _columns(motion, aside)
    basis = np.zeros((len(tongue.names), motion.vertices, 3), np.float32)
    basis[np.arange(len(basis)), np.arange(len(basis)), 1] = _REACH
    return _columns(motion, ~aside) if aside.any() else motion, replace(tongue, basis=basis)


def tongue_curves(tongue: Motion, how: Reduction) -> dict[str, Curve]:
    """Return light curves of what `split_tongue` set aside."""
    if not tongue.names:
        return {}
    few = replace(tongue, basis=tongue.basis[:, : len(tongue.names)])
    wider = replace(how, tolerance_mm=max(how.tolerance_mm, TOLERANCE_MM), at=None)
    return wider.curves(few, opening_of=_unseen)[0]


def _unseen(_motion: Motion) -> Array | None:
    return None


def _columns(motion: Motion, chosen: Flags) -> Motion:
    """Return a motion of some of its shapes (K,)."""
    names = tuple(name for name, keep in zip(motion.names, chosen, strict=True) if keep)
    return replace(
        motion, names=names, basis=motion.basis[chosen], weights=motion.weights[:, chosen]
    )
