"""``live``: a sound that is still to come to frames, each told as soon as it is known."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ...base.errors import UserError
from ..protocol import DONE, FRAMES, LISTENING, Answer, number, shown
from ..task import Task
from .predict import sound_of

if TYPE_CHECKING:
    from ...live.stream import FrameStream
    from ...speech.audio import Samples

    _Opened = tuple[float, Iterator[Samples], tuple[str, ...]]

_LOOKAHEAD, _CHUNK = 0.2, 0.02  # s
_LONGEST_CHUNK = 10.0  # s


def live(task: Task) -> Answer:
    """Tell frames until the sound ends or nobody wants them.

    Raises:
        UserError: the request or the source cannot be used, or a microphone went away.
    """
    from ...live.stream import FrameStream

    task.progress(0.0, "Loading the model")
    model = task.live_model()
    lookahead = number(task.fields, "lookahead", _LOOKAHEAD)
    stream = FrameStream(model, task.options.style or None, lookahead, None)
    with _source(task.fields) as (late, chunks, notes):
        task.tell(
            LISTENING,
            names=list(model.face.settings.names),
            fps=stream.fps,
            lookahead=stream.lookahead,
            notes=[shown(note) for note in notes],
        )
        return Answer(DONE, {"frames": _tell(task, stream, chunks, late)})


def _tell(task: Task, stream: "FrameStream", chunks: "Iterator[Samples]", late: float) -> int:
    """Tell the frames of chunks, which come so many seconds late; return how many there were."""
    from ...speech.audio import SAMPLE_RATE

    samples = told = 0
    began = None

    def counted() -> "Iterator[Samples]":
        nonlocal samples, began
        for chunk in chunks:
            task.check_wanted()
            began = began or time.monotonic() - len(chunk) / SAMPLE_RATE - late
            samples += len(chunk)
            yield chunk

    for frames in stream.frames(counted()):
        if len(frames):
            weights = np.round(frames.astype(np.float64), 6).tolist()
            heard, age = samples / SAMPLE_RATE, time.monotonic() - (began or 0.0)
            task.tell(FRAMES, first=told, weights=weights, heard=heard, age=age)
            told += len(frames)
    return told


@contextmanager
def _source(fields: Mapping[str, Any]) -> "Iterator[_Opened]":
    """Open what a request is to hear; yields how late its chunks come, them, and sentences."""
    from ...live.sources import chunks_of, microphone

    source, seconds = fields.get("source"), number(fields, "chunk", _CHUNK)
    if not isinstance(source, dict):
        raise UserError('Live speech needs "source", an object with "microphone" or "path".')
    if not 0 < seconds <= _LONGEST_CHUNK:
        raise UserError(f'"chunk" must lie above 0 and up to {_LONGEST_CHUNK:g} s, not {seconds}.')
    if source.get("microphone"):
        with microphone(seconds) as (late, chunks):
            yield late, chunks, ()
    else:
        sound = sound_of(source)
        yield 0.0, chunks_of(sound.samples, seconds, paced=bool(source.get("paced"))), sound.notes
