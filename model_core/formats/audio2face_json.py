"""Audio2Face's export of blendshapes: ``facsNames`` and ``weightMat``, a row a frame.

Beside them are ``exportFps``, ``numPoses``, ``numFrames`` and ``trackPath``; exports of whole
characters add joints, which are not read.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import UserError
from ..base.files import atomic_path
from ..motion.motion import Motion
from .arkit_columns import columns_of
from .audio2face_csv import names_for
from .channel_names import known_columns, listed
from .channel_table import LARGEST, PathLike
from .reading import Reading, motion_of_channels
from .turns import TURNS

_USUAL_FPS = 60.0


def read(path: PathLike) -> Reading:
    """Read a motion of the face rig's shapes and the tongue's channels.

    Raises:
        UserError: the file is missing or is no such export.
    """
    try:
        return _reading(json.loads(Path(path).read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise UserError(f"There is no file at {path}.") from None
    except KeyError as error:
        raise UserError(f"{path} is no Audio2Face export: it has no {error}.") from error
    except RecursionError:
        raise UserError(f"{path} is no Audio2Face export: it is nested too deeply.") from None
    except (OSError, ValueError, TypeError, OverflowError, UserError) as error:
        raise UserError(f"{path} is no Audio2Face export: {error}") from error


def write(motion: Motion, path: PathLike) -> tuple[str, ...]:
    """Write a motion, and return sentences on what the format has no room for.

    Raises:
        UserError: no shape is one of ARKit's, or the file cannot be written.
    """
    names = names_for(motion)
    values, notes = columns_of(motion, names, "An Audio2Face file")
    content = {
        "exportFps": int(motion.fps) if motion.fps == int(motion.fps) else motion.fps,
        "trackPath": "",
        "numPoses": len(names),
        "numFrames": motion.frames,
        "facsNames": names,
        "weightMat": values.astype(np.float64).round(7).tolist(),
    }
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")
    return notes


def _reading(content: Mapping[str, Any]) -> Reading:
    """Return the motion of an export. Raises `ValueError`, `KeyError` or `TypeError` for others."""
    if not isinstance(content, dict):
        raise ValueError("it is no object with facsNames and weightMat.")
    names, rows = [str(name) for name in content["facsNames"]], content["weightMat"]
    columns = {name: at for name, at in known_columns(names).items() if name not in TURNS}
    if not columns:
        raise ValueError(f"none of its facsNames is a channel that is known ({listed(names)}).")
    values = np.array(rows, np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] != len(names):
        raise ValueError("its weightMat needs a row a frame, each as long as facsNames.")
    if not (np.abs(values) < LARGEST).all():
        raise ValueError("its weightMat holds what is no weight.")
    channels = {name: values[:, at].astype(np.float32) for name, at in columns.items()}
    fps = content.get("exportFps")
    motion = motion_of_channels(_USUAL_FPS if fps is None else float(fps), channels)
    return Reading(motion, _notes(content, [names[at] for at in columns.values()], names))


def _notes(content: Mapping[str, Any], read: list[str], names: list[str]) -> tuple[str, ...]:
    """Return sentences on what is taken for granted or not read."""
    notes = []
    if content.get("exportFps") is None:
        notes.append(f"It names no exportFps; {_USUAL_FPS:g} frames a second were taken.")
    left = [name for name in names if name not in read]
    if left:
        notes.append(f"Left out: the poses {listed(left)}.")
    if content.get("joints"):
        notes.append("Its joints were left out.")
    return tuple(notes)
