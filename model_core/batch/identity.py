"""What makes a batch job the same job: its row, the options and all it is made from."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..base.errors import UserError
from ..models.offered_styles import chosen_style
from ..performance.options import BakeOptions
from ..performance.options import options as options_by_name
from . import digests
from .jobs_file import Job
from .order import Entry
from .paths import PATHS_APART, spelled_alike

_PATHS = ("audio", "scene", "output")
_ITSELF = "itself"  # instead of a digest: a scene that is saved over is another afterwards


@dataclass(frozen=True)
class Identity:
    """What a job is made from.

    Attributes:
        inputs: SHA-256 of the sound, the scene and the models, and of the recorded face if any.
        options: those that are not at their defaults.
        mark: what the job's output is marked with: which sound on which mesh, and all of this.
    """

    inputs: dict[str, str]
    options: dict[str, Any]
    mark: str


def identify(entry: Entry, job: Job, options: BakeOptions) -> Identity:
    """Return what an entry's job is made from, as it is now.

    Raises:
        UserError: the sound, the scene or a model is missing or cannot be read.
    """
    inputs = {
        "audio": _digest(job.audio, "sound file"),
        "scene": _digest(job.scene, "scene"),
        "model": _model(options.checkpoint),
    }
    if options.life_model:
        inputs["life model"] = _model(options.life_model)
    for name, label in _file_options().items():
        if path := getattr(options, name):
            inputs[name] = _digest(Path(path), label)
    values = entry.row.values
    row = {name: _alike(values[name]) for name in _PATHS} | {"mesh": job.mesh}
    own_options = _own_options(options)
    told = {"row": row, "start": job.start, "options": own_options}
    made_from = inputs | ({"scene": _ITSELF} if entry.in_place else {})
    subject = digests.of_values([row["mesh"], row["audio"]])[:8]
    mark = f"{subject}.{digests.of_values(told | {'inputs': made_from})[:32]}"
    return Identity(inputs, own_options, mark)


def _alike(text: str) -> str:
    return PATHS_APART.join(spelled_alike(each) for each in text.split(PATHS_APART))


def _digest(path: Path | None, kind: str) -> str:
    if path is None or not path.is_file():
        raise UserError(f"There is no {kind} at {path}.")
    return digests.of_file(path)


def _model(checkpoint: str) -> str:
    """Return the digest of a trained model, the one that ships if none is named."""
    digest = digests.of_model(Path(checkpoint) if checkpoint else None)
    if checkpoint and not digest:
        raise UserError(f"There is no trained model in {checkpoint}.")
    return digest


def _own_options(options: BakeOptions) -> dict[str, Any]:
    """Return the options that differ from their defaults; files are known by their digests."""
    style = chosen_style(options.style, options.checkpoint)
    own = replace(options, style=style, checkpoint="", life_model="").own()
    return {name: value for name, value in own.items() if name not in _file_options()}


def _file_options() -> dict[str, str]:
    """Return the options that name a file, and what each is called."""
    return {
        name: about.label.lower() for name, (_, about) in options_by_name().items() if about.file
    }
