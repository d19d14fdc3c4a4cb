"""One headless fitting: open a scene, give a head the inside of a mouth or take it off, save."""

from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ..anatomy import mouth
from ..anatomy.operators import unbound
from .job import named_mesh, own_file
from .scene_file import check_output, open_scene, save_scene


def run(scene: Path | None, mesh: str, output: Path | None, *, remove: bool) -> str:
    """Fit or remove, and save; return what was done.

    Raises:
        UserError: something named does not exist or cannot be used; nothing is saved.
    """
    if output is not None:
        check_output(output)
    if scene is not None:
        open_scene(scene)
    target = output or own_file()
    head = named_mesh(mesh)
    bpy.context.view_layer.update()
    done = _remove(head) if remove else _add(head)
    save_scene(target)
    return f"{done} Saved {target}."


def _add(head: bpy.types.Object) -> str:
    problem = mouth.problem_of(head)
    if problem is not None:
        raise UserError(problem)
    made = mouth.add_mouth(head)
    done = f"'{head.name}' has teeth and a tongue now."
    return done if mouth.follows(made) else f"{done} {unbound(made)}"


def _remove(head: bpy.types.Object) -> str:
    if not mouth.remove_mouth(head):
        raise UserError(f"'{head.name}' has no mouth that was added to it.")
    return f"Removed the mouth of '{head.name}'."
