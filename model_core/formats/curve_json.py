"""Reduced curves as JSON: ``fps``, ``error_mm`` and the keys by shape.

A shape has ``frames``, ``values`` and the slopes ``arriving`` at and ``leaving`` each key. Frames
are whole and count from 0 at the sound's start; slopes are weight per frame, so a Bezier handle a
third of the way to the next key stands ``leaving * gap / 3`` above it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import UserError
from ..base.files import atomic_path
from ..motion.curves import Curve
from .curve_set import CurveSet


def read(path: str | os.PathLike[str]) -> CurveSet:
    """Read what `write` wrote.

    Raises:
        UserError: the file is missing, damaged or holds no curves.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        curves = {str(name): _curve(keys) for name, keys in content["curves"].items()}
        return CurveSet(float(content["fps"]), curves, float(content["error_mm"]))
    except FileNotFoundError:
        raise UserError(f"There is no file of curves at {path}.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not a file of curves ({error}); write it again.") from error


def write(curves: CurveSet, path: str | os.PathLike[str]) -> None:
    """Write curves. Raises `UserError` if the file cannot be written."""
    content = {
        "fps": curves.fps,
        "error_mm": curves.error_mm,
        "curves": {
            name: {
                "frames": curve.frames.tolist(),
                "values": curve.values.round(6).tolist(),
                "arriving": curve.arriving.round(6).tolist(),
                "leaving": curve.leaving.round(6).tolist(),
            }
            for name, curve in curves.curves.items()
        },
    }
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _curve(keys: Mapping[str, Any]) -> Curve:
    frames = np.asarray(keys["frames"], np.int64)
    numbers = [np.asarray(keys[name], np.float64) for name in ("values", "arriving", "leaving")]
    if frames.ndim != 1 or not len(frames) or {part.shape for part in numbers} != {frames.shape}:
        raise ValueError("a curve needs as many values and slopes as frames")
    if (np.diff(frames) <= 0).any() or not np.isfinite(numbers).all():
        raise ValueError("a curve's frames must rise and its numbers be finite")
    return Curve(frames, *numbers)
