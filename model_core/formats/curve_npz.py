"""Reduced curves as arrays, so that the process that makes them need not be the one that draws.

``names counts frames values arriving leaving fps error_mm``: the keys of all curves follow one
another; ``counts`` says how many are whose. ``arriving`` and ``leaving`` are slopes a frame.
"""

import os
from pathlib import Path

import numpy as np

from ..base.archives import DAMAGED
from ..base.errors import UserError
from ..base.files import atomic_path
from ..motion.curves import Curve
from .curve_set import CurveSet


def write(curves: CurveSet, path: str | os.PathLike[str]) -> None:
    """Write curves. Raises `UserError` if the file cannot be written; nothing is left behind."""
    every = list(curves.curves.values())
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            names=np.array(list(curves.curves), np.str_),
            counts=np.array([len(curve.frames) for curve in every], np.int64),
            frames=np.concatenate([np.empty(0, np.int64), *(curve.frames for curve in every)]),
            values=np.concatenate([np.empty(0), *(curve.values for curve in every)]),
            arriving=np.concatenate([np.empty(0), *(curve.arriving for curve in every)]),
            leaving=np.concatenate([np.empty(0), *(curve.leaving for curve in every)]),
            fps=np.float64(curves.fps),
            error_mm=np.float64(curves.error_mm),
        )


def read(path: str | os.PathLike[str]) -> CurveSet:
    """Read what `write` wrote.

    Raises:
        UserError: the file is missing, damaged or holds no curves.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            ends = np.cumsum(arrays["counts"])
            spans = zip(arrays["names"], ends - arrays["counts"], ends, strict=True)
            parts = [arrays[name] for name in ("frames", "values", "arriving", "leaving")]
            curves = {str(n): Curve(*(part[a:b] for part in parts)) for n, a, b in spans}
            return CurveSet(float(arrays["fps"]), curves, float(arrays["error_mm"]))
    except FileNotFoundError:
        raise UserError(f"There is no file of curves at {path}.") from None
    except DAMAGED as error:
        raise UserError(f"{path} is not a file of curves ({error}); write it again.") from error
