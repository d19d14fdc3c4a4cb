"""The work of a batch as this Blender does it, one piece after the other."""

import sys
import time
import traceback
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.base.files import discard_partial
from ...model_core.base.line_process import Message
from ...model_core.base.lock import alone_at
from ...model_core.batch.seen import seen
from ...model_core.batch.work import DONE, ERROR, FAULT, LOOK, MARKS, USER, Work
from ..bake.outcome import Outcome
from ..worker.errors import WorkerError
from . import job, lineage
from .scene_file import check_place, preferred_versions


def answer(message: Message) -> Message:
    """Return the event that answers a piece of work; see `model_core.batch.work`."""
    try:
        return _look(message) if message["op"] == LOOK else _bake(Work.of(message))
    except UserError as error:
        return {"event": ERROR, "kind": USER, "message": str(error)}
    except WorkerError as error:
        return {"event": ERROR, "kind": FAULT, "message": str(error)}
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return {"event": ERROR, "kind": FAULT, "message": str(error) or type(error).__name__}


def version() -> str:
    """Return this Blender's version."""
    return bpy.app.version_string


def _look(message: Message) -> Message:
    return {"event": MARKS, "marks": lineage.read(Path(message["path"]), message["mesh"])}


def _bake(work: Work) -> Message:
    """Bake one job; what is replaced is kept unless a batch wrote it."""
    outputs, began = work.job.outputs, time.process_time()
    for path in outputs:
        check_place(path)
        with alone_at(path, job.LOCK_SECONDS):
            discard_partial(path)  # of a driver that was killed
            discard_partial(path.with_name(path.name + "@"))  # of its Blender
    versions = 0 if work.ours else preferred_versions()
    first_is_export = work.job.output is None
    done = job.run(
        work.job,
        work.options,
        mark=work.mark,
        versions=max(versions, 1) if work.keep else versions,
        keep_exports=_kept_exports(work),
    )
    kept = [f"{path.name}1" for path in outputs if str(path) in _kept(work)]
    marks = (work.mark,) if first_is_export else lineage.of_open_file()
    told: Message = {"sentence": str(done), "notes": [*done.outcome.notes, *done.notes]}
    told["blender_seconds"] = round(time.process_time() - began, 3)
    return {"event": DONE, **told, "marks": marks, "kept": kept, "seen": _seen(done.outcome)}


def _seen(outcome: Outcome) -> Message:
    """Return what a report shows of a bake."""
    if outcome.motion is None:
        return {}
    return seen(outcome.motion, outcome.sound_seconds, outcome.hearing, outcome.start)


def _kept(work: Work) -> set[str]:
    """Return the outputs of which what is replaced is kept."""
    return {*work.keep_exports, *([str(work.job.outputs[0])] if work.keep else [])}


def _kept_exports(work: Work) -> set[str]:
    return _kept(work) & {str(path) for path in work.job.exports}
