"""The recipe `performer`: a model gets the style of one performer, from a few minutes of capture.

Nothing of the model is trained: its weights, its gate and its styles stay the same bytes. What is
learned is a small map from its own motion to the performer's (`models/performer/style.py`), and
lips are closed afterwards where the model closes them. So two minutes are enough, and a CPU.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from ...base.assets import DEMO_SPEECH
from ...base.errors import UserError
from ...datasets.captures import Capture, read_captures
from ...engine.choice import Runtime
from ...models.checkpoint import (
    CARD_FILE,
    MANIFEST_FILE,
    PERFORMERS_FILE,
    Checkpoint,
    load_checkpoint,
)
from ...models.face_model import FaceModel
from ...models.performer.face import PerformedFace, Performers, own_config, save
from ...models.performer.style import PerformerStyle
from ...models.registry import PERFORMER, load_model
from ...rig.shapes import SPEECH_SHAPES
from ...speech.audio import load_audio
from ..bundled.additions import with_section
from ..loop import TrainingProgress, check_alone
from ..options import TrainingOptions
from .fit import STEPS, examples_of, fit
from .material import FPS, Take, check_speech, plain_motion, takes_of
from .scores import scores_of


def train(options: TrainingOptions) -> Path:
    """Learn a performer's style from a folder of captures (see `datasets.captures`).

    Returns:
        The folder of a copy of the model that has the style besides its own.

    Raises:
        UserError: the captures, the model or the name are not fit for it, or a launcher started
            several processes.
    """
    check_alone(options.recipe)
    name, folder = options.performer.name, options.output / "checkpoint"
    source = load_checkpoint(options.performer.onto)
    performers = Performers.read(source)
    _check(tuple(source.config.get("styles", ())), performers, name)
    _check_folder(folder, source, name)
    captures = list(read_captures(options.data))
    check_speech(captures)
    options.say("listening to the captures")
    model = load_model(replace(source, config=own_config(source)), Runtime("torch"))
    takes, left_out = takes_of(captures, model, SPEECH_SHAPES)
    told = [*_mended(captures), *left_out, _heard(takes)]
    options.say("\n".join(told))
    style = _fitted(takes, model, options)
    known = Performers(SPEECH_SHAPES, {**performers.styles, name: style})
    scores = scores_of(takes, PerformedFace(model, known), name)
    options.say("\n".join(scores))
    section = "\n".join([f"## The performer {name}", "", *told, "", *scores])
    card = with_section((source.folder / CARD_FILE).read_text(encoding="utf-8"), section)
    return save(folder, source, known, card).folder


def _check(styles: Sequence[str], performers: Performers, name: str) -> None:
    """Raise `UserError` if another of the model's styles is called so, in any case of letters."""
    others = [style for style in styles if style != name or name not in performers.styles]
    taken = [style for style in others if style.casefold() == name.casefold()]
    if taken:
        raise UserError(f"The model has a style '{taken[0]}' already; choose another --name.")


def _check_folder(folder: Path, source: Checkpoint, name: str) -> None:
    """Raise `UserError` if what is written would replace styles of others."""
    if folder.resolve() == source.folder.resolve():
        return
    if not (folder / MANIFEST_FILE).is_file():
        if (folder / PERFORMERS_FILE).exists():
            raise UserError(
                f"{folder} holds styles of a run that was interrupted; choose another --output, "
                "or remove it."
            )
        return
    there = load_checkpoint(folder)
    others = set(Performers.read(there).styles) - {name, *Performers.read(source).styles}
    if others or there.config.get("kind") != PERFORMER:
        raise UserError(
            f"{folder} holds another model ({', '.join(sorted(others)) or 'of another kind'}); "
            f"choose another --output, or add to it with --onto {folder}."
        )


def _mended(captures: Sequence[Capture]) -> list[str]:
    """Return sentences on what was mended in the captures."""
    return [note for capture in captures for note in capture.notes]


def _heard(takes: Sequence[Take]) -> str:
    """Return sentences on the takes: how long and how late they are."""
    lags = [1000.0 * take.lag for take in takes]
    seconds = sum(take.counts.sum() for take in takes) / FPS
    late = f"{min(lags):.0f}" + (f" to {max(lags):.0f}" if max(lags) - min(lags) >= 1.0 else "")
    return (
        f"{len(takes)} takes, {seconds:.0f} s with speech. The face comes {late} ms after the "
        "sound (before it if less than 0) and was moved back by that."
    )


def _fitted(takes: Sequence[Take], model: FaceModel, options: TrainingOptions) -> PerformerStyle:
    """Return the style of what is not kept aside."""
    learned = [take.counts & ~take.aside for take in takes]
    anchor = plain_motion(model, load_audio(DEMO_SPEECH), SPEECH_SHAPES)
    examples = examples_of(
        [take.plain for take in takes], [take.captured for take in takes], learned, anchor
    )
    steps, started = options.steps or STEPS, monotonic()

    def report(step: int, loss: float) -> None:
        left = (monotonic() - started) / step * (steps - step)
        options.report(TrainingProgress(step, steps, {"loss": loss}, left))

    return fit(examples, SPEECH_SHAPES, steps, report)
