"""One headless preparation: open a scene, give a head shape keys, save."""

from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.rig.transfer.result import shape_names
from ..prepare.keys import taken_names
from ..prepare.preparation import prepare_and_wait
from ..targets.checks import access_problem
from .job import named_mesh, own_file
from .scene_file import check_output, open_scene, save_scene


def run(scene: Path | None, mesh: str, output: Path | None) -> str:
    """Prepare and save; return what was done, and what is to be known of it.

    Raises:
        UserError: something named does not exist or cannot be used; nothing is saved.
        WorkerError: the worker failed; nothing is saved.
    """
    if output is not None:
        check_output(output)
    if scene is not None:
        open_scene(scene)
    target = output or own_file()
    head = named_mesh(mesh)
    problem = access_problem(head)
    if problem is not None:
        raise UserError(problem)
    taken = taken_names(head, shape_names())
    if taken:
        raise UserError(f"'{mesh}' has shape keys of these names already, such as '{taken[0]}'.")
    bpy.context.view_layer.update()
    sentence, notes = prepare_and_wait(head)
    save_scene(target)
    return " ".join([sentence, *notes, f"Saved {target}."])
