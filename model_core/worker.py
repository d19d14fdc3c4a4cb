"""Predictions for another process: JSON lines in on stdin, JSON lines out on stdout.

Requests and the events that answer them (each with the request's ``id``):

- ``{"op": "hello", "checkpoint": null, "device": "auto"}`` -> ``hello`` with ``protocol``,
  ``version``, ``runtime``, ``styles`` and ``notes``; the model stays loaded.
- ``{"op": "predict", "id": 1, "audio": {"path": P, "start": 0, "end": null} or {"samples": P.npy,
  "rate": 48000}, "fps": 30, "style": "neutral", "seed": 0, "device": "auto", "checkpoint": null,
  "output": P.npz, "curves": null or {"output": Q.npz, "tolerance_mm": 0.1, "strength": 1,
  "frames": null}}`` -> any number of ``progress`` (``fraction``, ``message``), then ``done``
  (``output``, ``frames``, ``seconds`` it took, ``notes``: sentences the artist should read),
  ``cancelled`` or ``error`` (``kind`` user or internal, ``code``, ``message``, ``details``). The
  code ``undecodable`` says that another decoder may read the file.
- ``{"op": "cancel", "id": 1}`` drops a request that waits or runs.
- ``{"op": "quit"}`` ends the worker; so does the end of stdin, once what was asked is answered or
  nobody reads the answers. A parent's death therefore ends it.

It opens no port. Whatever else is printed goes to stderr.
"""

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TextIO

# Waiting threads must not spin: the cores belong to whoever started this. Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

from . import __version__
from .errors import UserError

if TYPE_CHECKING:
    from .audio import Sound
    from .motion import Motion
    from .predictor import Predictor

PROTOCOL = 1
_LISTENING = 0.95  # of a prediction's time, where curves are asked for

Message = dict[str, Any]


class _StoppedError(Exception):
    """The request that runs was cancelled, or the worker was asked to quit."""


class Inbox:
    """Requests as they arrive, read by a thread so that a cancel is seen during a prediction.

    Args:
        stream: where the lines come from.
        channel: told of lines that are no requests.
    """

    def __init__(self, stream: BinaryIO, channel: "Channel") -> None:
        self.stopped = threading.Event()
        self._requests: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._waiting: set[str] = set()  # ids of requests not yet answered, as JSON
        self._cancelled: set[str] = set()
        self._channel = channel
        threading.Thread(target=self._read, args=[stream], daemon=True).start()

    def next(self) -> Message | None:
        """Return the next request, or None after the last one."""
        request = self._requests.get()
        return None if self.stopped.is_set() else request

    def cancelled(self, request: Message) -> bool:
        """Return whether a request was cancelled."""
        return _key(request) in self._cancelled

    def answered(self, request: Message) -> None:
        """Forget a request."""
        self._waiting.discard(_key(request))
        self._cancelled.discard(_key(request))

    def _read(self, stream: BinaryIO) -> None:
        for line in stream:
            if line.strip() and not self._accept(line):
                self.stopped.set()
                break
        self._requests.put(None)

    def _accept(self, line: bytes) -> bool:
        """Take one line; False if it asks to quit."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            self._channel.error({}, "user", "A line is not a JSON object; send one object a line.")
            return True
        if message.get("op") == "cancel":
            self._cancelled |= {_key(message)} & self._waiting
        elif message.get("op") != "quit":
            self._waiting.add(_key(message))
            self._requests.put(message)
        return message.get("op") != "quit"


class Channel:
    """Where events go, whole lines from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, request: Message, event: str, **fields: Any) -> None:
        """Send an event that answers a request."""
        line = json.dumps({"event": event, "id": request.get("id"), **fields})
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()

    def error(
        self, request: Message, kind: str, message: str, details: str = "", code: str = ""
    ) -> None:
        """Send an error event."""
        self.send(
            request, "error", kind=kind, code=code, message=_shown(message), details=_shown(details)
        )


class Worker:
    """Answers requests one after the other and keeps the latest model loaded."""

    def __init__(self, inbox: Inbox, channel: Channel) -> None:
        self._inbox, self._channel = inbox, channel
        self._loaded: tuple[object, Predictor] | None = None

    def run(self) -> None:
        """Answer until there is nobody to answer."""
        while (request := self._inbox.next()) is not None:
            try:
                self._answer(request)
            except _StoppedError:
                self._channel.send(request, "cancelled")
            except UserError as error:
                self._channel.error(request, "user", str(error), code=error.code)
            except ModuleNotFoundError as error:
                self._channel.error(request, "user", _lacks(error.name))
            except Exception as error:  # the worker outlives whatever a prediction meets
                self._channel.error(
                    request, "internal", f"{type(error).__name__}: {error}", traceback.format_exc()
                )
            self._inbox.answered(request)

    def _answer(self, request: Message) -> None:
        match request.get("op"):
            case "hello":
                self._hello(request)
            case "predict":
                self._predict(request)
            case other:
                raise UserError(
                    f"Unknown operation {other!r}; send hello, predict, cancel or quit."
                )

    def _hello(self, request: Message) -> None:
        predictor = self._predictor(request)
        self._channel.send(
            request,
            "hello",
            protocol=PROTOCOL,
            version=__version__,
            runtime=predictor.runtime.describe(),
            styles=list(predictor.styles),
            notes=predictor.notes,
        )

    def _predict(self, request: Message) -> None:
        from .silence import notes_on

        started = perf_counter()
        output = _text(request, "output")
        self._progress(request, 0.0, "Loading the model")
        predictor = self._predictor(request)
        self._progress(request, 0.0, "Reading the sound")
        sound = _sound(request)
        listening = 1.0 if request.get("curves") is None else _LISTENING
        motion = predictor.predict(
            sound.samples,
            _number(request, "fps", 30.0),
            _optional_text(request, "style"),
            int(_number(request, "seed", 0)),
            lambda share: self._progress(request, share * listening, "Listening"),
        )
        motion.save(output)
        self._reduce(request, motion)
        self._channel.send(
            request,
            "done",
            output=output,
            frames=motion.frames,
            seconds=round(perf_counter() - started, 3),
            notes=[_shown(note) for note in (*notes_on(sound), *predictor.notes)],
        )

    def _reduce(self, request: Message, motion: "Motion") -> None:
        """Write the curves that a request asks for besides the motion, if it does."""
        from .curve_file import save_curves
        from .curves import reduce_curves

        wish = request.get("curves")
        if wish is None:
            return
        if not isinstance(wish, dict):
            raise UserError('"curves" must be an object with "output" and "tolerance_mm".')
        output, tolerance = _text(wish, "output"), _number(wish, "tolerance_mm", 0.1)
        frames = None if wish.get("frames") is None else int(_number(wish, "frames", 0))
        portion = motion.portion(frames, _number(wish, "strength", 1.0))

        def told() -> None:
            self._progress(request, _LISTENING, "Making curves")

        save_curves(output, *reduce_curves(portion, tolerance, told))

    def _progress(self, request: Message, fraction: float, message: str) -> None:
        """Tell how far a request is, unless it is to stop."""
        if self._inbox.stopped.is_set() or self._inbox.cancelled(request):
            raise _StoppedError
        self._channel.send(request, "progress", fraction=round(fraction, 4), message=message)

    def _predictor(self, request: Message) -> "Predictor":
        """Return the model a request names, loading it only if the last one was another."""
        from .predictor import Predictor

        named = _optional_text(request, "checkpoint"), _optional_text(request, "device") or "auto"
        if self._loaded is None or self._loaded[0] != named:
            self._loaded = None  # frees the memory before the next is loaded
            self._loaded = named, Predictor.load(*named)
        return self._loaded[1]


def _sound(request: Message) -> "Sound":
    """Return the sound that a request names."""
    from .audio import read_sound, sound_of_samples

    audio = request.get("audio")
    if not isinstance(audio, dict):
        raise UserError('A prediction needs "audio", an object with "path" or "samples".')
    if "samples" not in audio:
        end = None if audio.get("end") is None else _number(audio, "end", 0.0)
        return read_sound(_text(audio, "path"), _number(audio, "start", 0.0), end)
    path = _text(audio, "samples")
    try:
        samples = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} holds no array of samples.") from error
    return sound_of_samples(samples, _number(audio, "rate", 0.0))


def _shown(text: str) -> str:
    """Return a text that every program can show: a file's name need not be valid Unicode."""
    return text.encode("utf-8", "backslashreplace").decode()


def _lacks(package: str | None) -> str:
    return (
        f"The Python at {sys.executable} lacks the package {package}; install the runtime, or "
        "choose a Python that has it."
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise UserError(f'A prediction needs "{name}", a text.')
    return value


def _optional_text(fields: Mapping[str, Any], name: str) -> str | None:
    return None if fields.get(name) is None else _text(fields, name)


def _number(fields: Mapping[str, Any], name: str, default: float) -> float:
    value = fields.get(name, default)
    try:
        if isinstance(value, int | float) and np.isfinite(float(value)):
            return float(value)
    except OverflowError:
        pass
    raise UserError(f'"{name}" must be a number, not {value!r}.')


def _key(message: Message) -> str:
    """Return a request's id as something hashable."""
    return json.dumps(message.get("id"))


def _claim_stdout() -> TextIO:
    """Return a stream to the real stdout, and send all other printing to stderr."""
    own = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(own, "w", encoding="utf-8", newline="\n")


def main() -> NoReturn:
    """Serve the parent process until it goes."""
    channel = Channel(_claim_stdout())
    with suppress(OSError, KeyboardInterrupt):  # nobody reads the answers: the parent has gone
        Worker(Inbox(sys.stdin.buffer, channel), channel).run()
    sys.stderr.flush()
    os._exit(0)  # a thread may still wait for input, which Python's own end would trip over


if __name__ == "__main__":
    main()
