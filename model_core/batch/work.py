"""What a Blender is asked to do of a batch, and what it answers, for both ends.

JSON lines in on its standard input, JSON lines out on its standard output:

- it says ``{"event": "ready", "blender": "5.2.0"}`` once it can be asked;
- ``{"op": "look", "path": P, "mesh": M}`` -> ``marks``: those in a saved scene, if M has a bake;
- ``{"op": "bake", ...}`` (`Work`) -> ``done`` with ``sentence``, ``marks``, the files
  ``kept``, ``notes`` (the sentences in it that warn), what is ``seen`` (`seen`) and
  ``blender_seconds``, those of processors that Blender itself took;
- either may be answered with ``error``: ``kind`` (`USER`, or `FAULT` for what is not the input's
  fault) and ``message``, one sentence;
- meanwhile ``{"event": "model", "request": {...}}`` is what it wants of the model, and ``{"op":
  "model", "event": {...}}`` what that says, both as of `worker.protocol`.

Each has one piece of work at a time. The end of its standard input ends it.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from ..base.line_process import Message
from ..performance.option_values import options_of
from ..performance.options import BakeOptions
from .jobs_file import Job

LOOK, BAKE, MODEL = "look", "bake", "model"
READY, MARKS, DONE, ERROR = "ready", "marks", "done", "error"
USER, FAULT = "user", "fault"
FOLDER = "jambatalk-batch-"
"""How the name of a batch's folder of temporary files begins."""


def look_message(path: Path, mesh: str) -> Message:
    """Return what asks for the marks in a saved scene."""
    return {"op": LOOK, "path": str(path), "mesh": mesh}


@dataclass(frozen=True)
class Work:
    """One bake, with all that the table and the results say of it.

    Attributes:
        job: what to bake.
        options: how.
        mark: what the saved file is marked with.
        ours: whether a batch of the same table wrote the first output that is replaced, and nobody
            else has since.
        keep: what is replaced of it is to be kept, whatever Blender's preferences say.
        keep_exports: names of those exports of which what is replaced is to be kept.
    """

    job: Job
    options: BakeOptions
    mark: str
    ours: bool = False
    keep: bool = False
    keep_exports: tuple[str, ...] = ()

    def message(self) -> Message:
        """Return it as JSON can hold it."""
        job = self.job
        paths = {"scene": job.scene, "audio": job.audio, "output": job.output}
        return {
            "op": BAKE,
            **{name: str(path) for name, path in paths.items() if path is not None},
            "exports": [str(path) for path in job.exports],
            "mesh": job.mesh,
            "start": job.start,
            "options": asdict(self.options),
            "mark": self.mark,
            "ours": self.ours,
            "keep": self.keep,
            "keep_exports": list(self.keep_exports),
        }

    @classmethod
    def of(cls, message: Message) -> Self:
        """Return what `message` made."""
        paths: dict[str, Any] = {
            name: Path(message[name]) if name in message else None
            for name in ("scene", "audio", "output")
        }
        exports = tuple(map(Path, message["exports"]))
        job = Job(mesh=message["mesh"], start=message["start"], exports=exports, **paths)
        told = {name: message[name] for name in ("mark", "ours", "keep")}
        kept = tuple(message["keep_exports"])
        return cls(job, options_of(message["options"]), keep_exports=kept, **told)
