"""A motion and more shapes: what a face does beside what it had."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..base.arrays import Array, Floats
from ..rig.arkit import named_basis
from .motion import Motion


def with_channels(motion: Motion, weights: Mapping[str, Floats | Array]) -> Motion:
    """Return a motion of FLAME's topology with weights (T,) of the rig's or the tongue's added.

    Shapes that the motion has are added to, others come after them. What is not named stays the
    same bits.

    Args:
        motion: on the face rig's topology.
        weights: by shape name.
    """
    known = {name: k for k, name in enumerate(motion.names)}
    changed = motion.weights.copy()
    for name in known.keys() & weights.keys():
        changed[:, known[name]] += weights[name].astype(np.float32)
    fresh = {name: each for name, each in weights.items() if name not in known}
    if not fresh:
        return replace(motion, weights=changed)
    columns = np.stack([each.astype(np.float32) for each in fresh.values()], axis=1)
    return replace(
        motion,
        names=(*motion.names, *fresh),
        basis=np.concatenate([motion.basis, named_basis(tuple(fresh))]),
        weights=np.concatenate([changed, columns], axis=1),
    )


def weights_by_name(motion: Motion) -> dict[str, Array]:
    """Return the (T,) weights of each shape of a motion."""
    return dict(zip(motion.names, motion.weights.T, strict=True))
