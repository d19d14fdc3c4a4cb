"""One headless calibration: open a scene, store poses of an armature from its actions, save."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...model_core.base.errors import UserError
from ..bones import calibration
from ..bones.from_actions import pose_at
from .job import named_mesh, own_file
from .scene_file import check_output, open_scene, save_scene


def run(scene: Path | None, armature: str, poses: Path, output: Path | None) -> str:
    """Store and save; return what was done.

    Args:
        scene: file to open; else the open one.
        armature: name of the object.
        poses: JSON of ``{"jawOpen": {"action": "Face", "frame": 10}, ...}``.
        output: where to save; else over the scene.

    Raises:
        UserError: something named does not exist or cannot be used; nothing is saved.
    """
    wanted = read_poses(poses)
    if output is not None:
        check_output(output)
    if scene is not None:
        open_scene(scene)
    target, obj = output or own_file(), named_mesh(armature)
    if obj.type != "ARMATURE":
        raise UserError(f"'{armature}' is no armature; name the one whose bones move the face.")
    problem = calibration.problem(obj)
    if problem is not None:
        raise UserError(problem)
    for pose, (action, frame) in wanted.items():
        calibration.store(obj, pose, pose_at(obj, action, frame))
    save_scene(target)
    return f"Stored {len(wanted)} poses on '{armature}': {', '.join(wanted)}. Saved {target}."


def read_poses(path: Path) -> dict[str, tuple[str, float]]:
    """Return the action and frame of each pose.

    Raises:
        UserError: the file is missing or not such a list.
    """
    try:
        stored: Any = json.loads(path.read_text(encoding="utf-8"))
        found = {name: (str(each["action"]), float(each["frame"])) for name, each in stored.items()}
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f'{path} is no list of poses ({error!r}); write {{"jawOpen": {{"action": "Face", '
            '"frame": 10}, ...}.'
        ) from None
    if not found:
        raise UserError(f"{path} names no pose.")
    return found
