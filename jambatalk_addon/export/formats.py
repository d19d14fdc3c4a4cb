"""One function for each format: a speaker into a file, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import addon_utils
import bpy

from ...model_core.base.errors import UserError
from ...model_core.batch.outputs import ACTION
from ...model_core.formats.registry import write_motion
from .checks import check, kept_back
from .exported import Exported, only_selected
from .preview import film, still

Write = Callable[[Path, Exported], list[str]]


def glb(path: Path, what: Exported) -> list[str]:
    """Write glTF in one file: meshes, morph targets and one animation, sampled at every frame."""
    with _prepared(what, "GLB") as notes:
        _call(
            bpy.ops.export_scene.gltf,
            "io_scene_gltf2",
            filepath=str(path),
            export_format="GLB",
            use_selection=True,
            export_apply=False,
            export_morph=True,
            export_morph_animation=True,
            export_animations=True,
            export_animation_mode="ACTIVE_ACTIONS",
            export_force_sampling=True,
            export_frame_range=True,
            export_optimize_animation_size=False,
            export_try_sparse_sk=False,
        )
    return notes


def fbx(path: Path, what: Exported) -> list[str]:
    """Write FBX: meshes, shapes, armatures, and what moves them at every frame."""
    with _prepared(what, "FBX") as notes:
        _call(
            bpy.ops.export_scene.fbx,
            "io_scene_fbx",
            filepath=str(path),
            use_selection=True,
            use_mesh_modifiers=False,
            add_leaf_bones=False,
            bake_anim=True,
            bake_anim_use_nla_strips=False,
            bake_anim_use_all_actions=False,
            bake_anim_simplify_factor=0.0,
        )
    return notes


def usd(path: Path, what: Exported) -> list[str]:
    """Write USD: meshes with blend shapes, and their animation."""
    with _prepared(what, "USD") as notes:
        _call(
            bpy.ops.wm.usd_export,
            "",
            filepath=str(path),
            selected_objects_only=True,
            export_animation=True,
            export_shapekeys=True,
            export_armatures=True,
            export_materials=True,
        )
    return notes


def alembic(path: Path, what: Exported) -> list[str]:
    """Write Alembic: every vertex at every frame, as it is seen with its modifiers."""
    with _prepared(what, "Alembic") as notes:
        scene = bpy.context.scene
        _call(
            bpy.ops.wm.alembic_export,
            "",
            filepath=str(path),
            selected=True,
            start=scene.frame_start,
            end=scene.frame_end,
            as_background_job=False,
        )
    return notes


def action(path: Path, what: Exported) -> list[str]:
    """Write a .blend that holds nothing but the actions of what speaks, to be linked."""
    owners = [obj.data.shape_keys for obj in what.meshes] + what.objects
    data = (owner.animation_data for owner in owners)
    found = {each.action for each in data if each is not None and each.action is not None}
    if not found:
        raise UserError("There is no action to write.")
    bpy.data.libraries.write(str(path), found, fake_user=True, compress=True)
    return [f"{ACTION} holds {_count(len(found), 'action')}."]


def motion(path: Path, what: Exported) -> list[str]:
    """Write the motion whole, as a file of NumPy's."""
    return list(write_motion(what.motion, path, "npz"))


def live_link(path: Path, what: Exported) -> list[str]:
    """Write the motion as Live Link Face records one."""
    return list(write_motion(what.motion, path, "livelink"))


FORMATS: dict[str, Write] = {
    ".action.blend": action,
    ".glb": glb,
    ".fbx": fbx,
    ".usd": usd,
    ".usda": usd,
    ".usdc": usd,
    ".abc": alembic,
    ".npz": motion,
    ".csv": live_link,
    ".mp4": film,
    ".png": still,
}
"""By the end of a file's name; what a table may name is `model_core.batch.outputs`."""


@contextmanager
def _prepared(what: Exported, kind: str) -> Iterator[list[str]]:
    """Yield what is to be known of a format; in the block its objects alone are selected."""
    notes = check(what, kind)
    left_out = [(m, m.show_viewport, m.show_render) for _, m in kept_back(what, kind)]
    with only_selected(what):
        try:
            for modifier, _, _ in left_out:
                modifier.show_viewport = modifier.show_render = False
            bpy.context.view_layer.update()
            yield notes
        finally:
            for modifier, viewport, render in left_out:
                modifier.show_viewport, modifier.show_render = viewport, render


def _call(operator: Any, addon: str, **arguments: Any) -> None:
    """Call an exporter with those arguments that this Blender's has.

    Raises:
        UserError: it is not there, or failed.
    """
    if addon and addon not in bpy.context.preferences.addons:
        addon_utils.enable(addon)
    try:
        known = operator.get_rna_type().properties
        done = operator(**{name: value for name, value in arguments.items() if name in known})
    except (KeyError, AttributeError) as error:
        raise UserError(f"This Blender cannot export that; enable {addon or error}.") from None
    except RuntimeError as error:
        raise UserError(f"Blender could not export ({_reason(str(error))}).") from None
    if "FINISHED" not in done:
        raise UserError("Blender could not export; it did not say why.")


def _reason(told: str) -> str:
    """Return the line of an operator's report that tells what went wrong, not where."""
    lines = [line.strip() for line in told.removeprefix("Error: ").splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Location:", "File ", "Traceback"))]
    return (telling or lines or ["it did not say why"])[-1].rstrip(".")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
