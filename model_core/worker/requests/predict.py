"""``predict``: a sound to a motion file, and if asked for to a file of its curves."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ...base.errors import UserError
from ..protocol import DONE, Answer, number, optional_text, shown, text
from ..requested_options import section
from ..task import Task

if TYPE_CHECKING:
    from ...base.arrays import Floats
    from ...models.predictor import Predictor
    from ...motion.curves import Curve
    from ...motion.motion import Motion
    from ...motion.reduction import Reduction
    from ...speech.audio import Sound

_LISTENING = 0.95  # of the time, where curves are asked for


def predict(task: Task) -> Answer:
    """Write what the request asks for.

    Raises:
        UserError: the request, the sound or the model cannot be used; no file is left half-written.
    """
    from ...performance.expression import notes_on_expression
    from ...performance.silence import notes_on
    from ...performance.style_mix import mixed

    started, fields = perf_counter(), task.fields
    output = text(fields, "output")
    task.progress(0.0, "Loading the model")
    predictor = task.predictor()
    task.progress(0.0, "Reading the sound")
    sound = sound_of(fields.get("audio"))
    wish = section(fields, "curves")
    (motion, captured), others = _told(task, predictor, sound, _LISTENING if wish else 1.0)
    motion.save(output)
    heard = _hear(task, sound)
    told = _reduce(task, wish, mixed(motion, others, task.options)) if wish else ()
    life = task.life_model()
    computed = dict.fromkeys([*predictor.notes, *(life.notes if life else ())])
    spoken = (*computed, *predictor.notes_on_take(task.options.varied_take))
    told = (*spoken, *notes_on_expression(motion, task.options), *captured, *told)
    told = (*told, *heard.pop("notes", ()))
    notes = [shown(note) for note in (*notes_on(sound), *told)]
    seconds = round(perf_counter() - started, 3)
    result = {"output": output, "frames": motion.frames, "seconds": seconds, "notes": notes}
    return Answer(DONE, result | _saved(others, output) | heard)


def _told(
    task: Task, predictor: "Predictor", sound: "Sound", share: float
) -> "tuple[tuple[Motion, tuple[str, ...]], dict[str, Motion]]":
    """Return a sound's motion with notes on it, and its motions in other styles, as asked for.

    Args:
        task: says how, and is told of progress.
        predictor: the model.
        sound: what is heard.
        share: how much of the progress it is.
    """
    from ...performance.style_mix import styles_beside

    offered, chosen = predictor.styles, task.options
    own = chosen.style or offered[0]
    if chosen.style_blend > 0.0 and chosen.blend_style not in ("", *offered):
        known = ", ".join(offered)
        raise UserError(f"There is no style '{chosen.blend_style}'; choose from {known}.")
    styles = [own, *styles_beside(chosen, own, offered)]
    life, each = _life_of(task, sound), share / len(styles)
    parts = [
        _expressed(task, _in_style(task, predictor, sound, style, (at * each, each)), sound, life)
        for at, style in enumerate(styles)
    ]
    return parts[0], dict(zip(styles[1:], (motion for motion, _ in parts[1:]), strict=True))


def _in_style(
    task: Task, predictor: "Predictor", sound: "Sound", style: str, part: tuple[float, float]
) -> "Motion":
    """Return a sound's motion in a style; its progress starts and goes on as told."""
    begin, length = part
    return predictor.predict(
        sound.samples,
        number(task.fields, "fps", 30.0),
        style,
        task.options.seed,
        lambda done: task.progress(begin + done * length, "Listening"),
        task.options.take,
        task.options.variation,
    )


def _saved(others: "Mapping[str, Motion]", output: str) -> dict[str, Any]:
    """Write the motions in other styles beside the sound's own; return which are where."""
    paths = {style: f"{output}.{at}.npz" for at, style in enumerate(others)}
    for style, motion in others.items():
        motion.save(paths[style])
    return {"styles": paths} if paths else {}


def _hear(task: Task, sound: "Sound") -> dict[str, Any]:
    """Return what is said in a sound, if the request asks for it."""
    from ...hearing.hearing import hear_with_shipped
    from ...hearing.said import Script

    wish = section(task.fields, "hear")
    if not wish:
        return {}
    try:
        script = Script.from_json(dict(wish))
    except (ValueError, TypeError, KeyError):
        raise UserError('"hear" must hold a "text" and "cues" of [start, end, text].') from None
    audio = task.fields["audio"]
    start = 0.0 if "samples" in audio else number(audio, "start", 0.0)
    try:
        heard = hear_with_shipped(sound.samples, script, start)
    except UserError as error:  # the motion is there all the same
        return {"notes": (f"What is said was not heard: {error}",)}
    return {"heard": heard.to_json(), "notes": heard.notes}


def sound_of(audio: Any) -> "Sound":
    """Return the sound that a request names. Raises `UserError` if it names none."""
    from ...speech.audio import read_sound

    if not isinstance(audio, dict):
        raise UserError('A prediction needs "audio", an object with "path" or "samples".')
    if "samples" in audio:
        return _sound_of_array(text(audio, "samples"), number(audio, "rate", 0.0))
    end = None if audio.get("end") is None else number(audio, "end", 0.0)
    return read_sound(text(audio, "path"), number(audio, "start", 0.0), end)


def _sound_of_array(path: str, rate: float) -> "Sound":
    """Return the sound whose samples are in a file of one array."""
    import numpy as np

    from ...speech.audio import sound_of_samples

    try:
        samples = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} holds no array of samples.") from error
    return sound_of_samples(samples, rate)


def _life_of(task: Task, sound: "Sound") -> "Motion | None":
    """Return the life that a model tells of a sound, if the request names one."""
    model = task.life_model()
    if model is None:
        return None
    task.progress(0.0, "Telling life")
    return model.life(sound.samples, task.options.seed, task.options.varied_take)


def _expressed(
    task: Task, motion: "Motion", sound: "Sound", life: "Motion | None"
) -> "tuple[Motion, tuple[str, ...]]":
    """Return a motion with the life, the moods and the recorded face that a request asks for."""
    from ...performance.capture import with_capture
    from ...performance.expression import Directed, express
    from ...performance.silence import with_loudness

    moods = section(task.fields, "moods")
    changing = {mood: _held(amounts, mood, motion.frames)[:, 0] for mood, amounts in moods.items()}
    other = task.fields.get("other")
    towards = None if other is None else _held(other, "other", motion.frames, 2)
    directed, motion = Directed(changing, towards), with_loudness(motion, sound.samples)
    motion = express(motion, sound.samples, task.options, directed, life)
    return with_capture(motion, sound.samples, task.options)


def _held(values: Any, called: str, frames: int, columns: int = 1) -> "Floats":
    """Return (T, columns) numbers of a request, its last ones held to a motion's end."""
    import numpy as np

    try:
        numbers = np.asarray(values, np.float64).reshape(-1, columns)
    except (TypeError, ValueError):
        numbers = np.empty((0, columns))
    if not len(numbers) or not np.isfinite(numbers).all():
        raise UserError(f"{called!r} in the request must be a list of numbers.")
    return numbers[np.minimum(np.arange(frames), len(numbers) - 1)]


def _reduce(task: Task, wish: Mapping[str, Any], motion: "Motion") -> tuple[str, ...]:
    """Write the curves that a request wishes for besides the motion; return notes on them."""
    from ...formats.curve_set import CurveSet
    from ...formats.registry import write_curves
    from ...performance.controls import notes_on, performed

    output = text(wish, "output")
    frames = None if wish.get("frames") is None else int(number(wish, "frames", 0))
    portion = performed(motion, frames, task.options)
    curves, error_mm, notes = _curves(
        portion,
        optional_text(wish, "target"),
        task.options.reduction,
        lambda: task.progress(_LISTENING, "Making curves"),
    )
    write_curves(CurveSet(portion.fps, curves, error_mm), output)
    return (*notes, *notes_on(motion, task.options))


def _curves(
    motion: "Motion", target: str | None, how: "Reduction", told: "Callable[[], None]"
) -> "tuple[dict[str, Curve], float, tuple[str, ...]]":
    """Return a motion's curves, on the keys of a target's file if one is given, and notes."""
    from ...targets.target_file import read_target

    if target is None:
        return *how.curves(motion, told), ()
    mesh = read_target(target)
    return *mesh.reduce(motion, how, told), mesh.shortfalls(motion)
