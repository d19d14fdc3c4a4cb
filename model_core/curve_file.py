"""Reduced curves in a file, so that the process that makes them need not be the one that draws."""

import os
import zipfile
from pathlib import Path

import numpy as np

from .base.errors import UserError
from .base.files import atomic_path
from .motion.curves import Curve


def save_curves(path: str | os.PathLike[str], curves: dict[str, Curve], error_mm: float) -> None:
    """Write what `reduce_curves` returned as an .npz of ``names counts frames values slopes``.

    The keys of all curves follow one another; ``counts`` says how many are whose.

    Raises:
        UserError: the file cannot be written; nothing is left behind.
    """
    every = list(curves.values())
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            names=np.array(list(curves), np.str_),
            counts=np.array([len(curve.frames) for curve in every], np.int64),
            frames=np.concatenate([np.empty(0, np.int64), *(curve.frames for curve in every)]),
            values=np.concatenate([np.empty(0), *(curve.values for curve in every)]),
            slopes=np.concatenate([np.empty(0), *(curve.slopes for curve in every)]),
            error_mm=np.float64(error_mm),
        )


def load_curves(path: str | os.PathLike[str]) -> tuple[dict[str, Curve], float]:
    """Read what `save_curves` wrote: curves by shape name and their error in mm.

    Raises:
        UserError: the file is missing, damaged or holds no curves.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            ends = np.cumsum(arrays["counts"])
            spans = zip(arrays["names"], ends - arrays["counts"], ends, strict=True)
            parts = [arrays[name] for name in ("frames", "values", "slopes")]
            curves = {str(n): Curve(*(part[a:b] for part in parts)) for n, a, b in spans}
            return curves, float(arrays["error_mm"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} holds no curves ({error}); bake again.") from error
