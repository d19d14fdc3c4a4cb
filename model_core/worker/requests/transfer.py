"""``transfer``: a head's mesh to a file of the rig's shapes on it."""

from pathlib import Path
from time import perf_counter

from ...base.errors import UserError
from ..protocol import DONE, Answer, shown, text
from ..task import Task


def transfer(task: Task) -> Answer:
    """Write the shapes of the mesh that the request names.

    Raises:
        UserError: the mesh or its landmarks cannot be used; no file is left half-written.
    """
    from ...rig.mesh_file import read_geometry
    from ...rig.transfer.run import transfer_shapes

    started = perf_counter()
    output, landmarks = text(task.fields, "output"), task.fields.get("landmarks")
    if landmarks is not None and not isinstance(landmarks, dict):
        raise UserError('"landmarks" must be an object of places by name.')
    task.progress(0.0, "Reading the mesh")
    geometry = read_geometry(Path(text(task.fields, "mesh")))
    shapes = transfer_shapes(geometry, landmarks, task.progress)
    shapes.save(output)
    told = {
        "output": output,
        "names": list(shapes.names),
        "landmarks": shapes.landmarks,
        "quality": shapes.quality.to_json(),
        "seconds": round(perf_counter() - started, 3),
        "notes": [shown(note) for note in shapes.quality.warnings],
    }
    return Answer(DONE, told)
