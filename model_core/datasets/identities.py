"""Neutral faces for made-up subjects."""

from pathlib import Path

import numpy as np

from ..base.errors import UserError
from ..rig.rig import load_face_rig
from .dataset import Vertices

_SHAPES = 20  # identity shapes that vary; later ones are hardly visible
_SPREAD = 0.04  # standard deviation of a face's width, height and depth without identity shapes


def identities(count: int, rng: np.random.Generator, source: Path | None = None) -> list[Vertices]:
    """Return neutral faces (V, 3) in metres on FLAME's topology, all different.

    Args:
        count: how many.
        rng: decides them.
        source: an .npz with FLAME 2023 Open's ``v_template`` (V, 3) and ``shapedirs`` (V, 3, K),
            whose shapes have unit variance; without it the rig's neutral is stretched along its
            axes.

    Raises:
        UserError: the file is not such a model.
    """
    neutral = load_face_rig().neutral
    if source is None:
        stretches = 1 + _SPREAD * rng.standard_normal((count, 3))
        return [(neutral * stretch).astype(np.float32) for stretch in stretches]
    mean, shapes = _read_model(source, len(neutral))
    betas = rng.standard_normal((count, min(_SHAPES, shapes.shape[2])))
    return [(mean + shapes[..., : len(beta)] @ beta).astype(np.float32) for beta in betas]


def _read_model(source: Path, vertices: int) -> tuple[Vertices, Vertices]:
    try:
        with np.load(source, allow_pickle=False) as model:
            mean, shapes = model["v_template"], model["shapedirs"]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UserError(
            f"{source} is not an .npz with v_template and shapedirs ({error}); leave it out to "
            "make slight variations of the mean face."
        ) from error
    if mean.shape != (vertices, 3) or shapes.shape[:2] != (vertices, 3):
        raise UserError(f"{source} is not on FLAME's topology of {vertices} vertices.")
    return mean, shapes
