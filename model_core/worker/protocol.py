"""The worker's protocol: what a request, a report and an error look like, for both ends.

JSON lines in on standard input, JSON lines out on standard output, arrays by file. Requests and the
events that answer them (each with the request's ``id``):

- ``{"op": "hello", "options": {"checkpoint": ""}, "device": "auto"}`` -> ``hello`` with
  ``protocol``, ``version``, ``runtime``, ``styles`` and ``notes``; the model stays loaded.
- ``{"op": "predict", "id": 1, "audio": {"path": P, "start": 0, "end": null} or {"samples": P.npy,
  "rate": 48000}, "fps": 30, "device": "auto", "options": {"style": "neutral",
  "strength": 1, ...}, "moods": null or {"happy": [0.0, 0.1, ...], ...}, "output": P.npz,
  "curves": null or {"output": Q.npz, "frames": null, "target": null or FILE of a mesh whose own
  keys the curves are for}, "hear": null or {"text": "", "cues": [[start, end, text], ...]}}`` ->
  any number of ``progress`` (`ProgressReport`), then ``done``
  (``output``, ``frames``, ``seconds`` it took, ``notes``: sentences the artist should read, and if
  asked to hear ``heard``: ``words`` and ``phones``, each a text with start and end in the file),
  ``cancelled`` or ``error`` (`ErrorReport`). Of ``options`` any field of `BakeOptions` may be told;
  ``moods`` are amounts a frame, where they change, and count instead of the options'.
- ``{"op": "transfer", "id": 1, "mesh": P.npz, "landmarks": null or {"chin": 12 or [x, y, z], ...},
  "output": Q.npz}`` -> ``progress``, then ``done`` (``output``, ``names``, ``landmarks``,
  ``quality``, ``seconds``, ``notes``), ``cancelled`` or ``error``: the rig's shapes on a head's
  mesh (``points``, ``corners``, ``totals``; `rig.transfer`).
- ``{"op": "live", "id": 1, "source": {"microphone": true} or {"path": P, "start": 0, "end": null,
  "paced": true} or {"samples": P.npy, "rate": 48000, "paced": true}, "lookahead": 0.2,
  "chunk": 0.02, "options": {"style": ...}, "device": "auto"}`` -> ``listening`` (``names``,
  ``fps``, ``lookahead`` in seconds, ``notes``), any number of ``frames`` (``first``: number of
  the first one, ``weights``: a list of numbers a frame, ``heard``: seconds of sound that came
  before they were told, ``age``: seconds since its first sample was spoken), then ``done`` at
  the end of a file (``frames``), ``cancelled`` or ``error``. ``paced``: a file's chunks come when
  they would be spoken.
- ``{"op": "cancel", "id": 1}`` drops a request that waits or runs.
- ``{"op": "quit"}`` ends the worker; so does the end of stdin, once what was asked is answered or
  nobody reads the answers. A parent's death therefore ends it.

It opens no port. Whatever else is printed goes to stderr. What can be asked is in
`requests/registry.py`; ``cancel`` and ``quit`` are read as they arrive, by `inbox`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

from ..base.errors import UndecodableError, UserError

PROTOCOL = 1

CANCEL, QUIT = "cancel", "quit"
PROGRESS, DONE, CANCELLED, ERROR = "progress", "done", "cancelled", "error"
LISTENING, FRAMES = "listening", "frames"
BETWEEN = (PROGRESS, LISTENING, FRAMES)
"""Events that end no request."""
USER, INTERNAL = "user", "internal"

Message = dict[str, Any]


class Answer(NamedTuple):
    """What ends a request: the event's name and fields."""

    event: str
    fields: Message


@dataclass(frozen=True)
class ProgressReport:
    """How far a request is.

    Attributes:
        fraction: share that is done, 0..1.
        message: what is being done, for the artist.
    """

    fraction: float
    message: str

    @classmethod
    def of(cls, event: Message, before: Self) -> Self:
        """Return what an event tells; what it does not tell is as before."""
        fraction = float(event.get("fraction", before.fraction))
        return cls(fraction, str(event.get("message") or before.message))


@dataclass(frozen=True)
class ErrorReport:
    """Why a request has no answer.

    Attributes:
        kind: ``user`` for bad input, ``internal`` for what nobody foresaw.
        message: one sentence.
        details: a stack of calls, or nothing.
        code: of the kind of bad input, where a program has to tell it from others:
            ``undecodable`` says that another decoder may read the file.
    """

    kind: str
    message: str
    details: str = ""
    code: str = ""

    @classmethod
    def of(cls, event: Message) -> Self:
        """Return what an error event tells."""
        told = {name: str(event.get(name, "")) for name in ("message", "details", "code")}
        return cls(kind=USER if event.get("kind") == USER else INTERNAL, **told)

    @property
    def user_error(self) -> UserError | None:
        """The exception that was raised over there, if the input is to blame."""
        if self.code == UndecodableError.code:
            return UndecodableError(self.message)
        return UserError(self.message) if self.kind == USER else None

    def fields(self) -> Message:
        """Return the fields of the event, which every program can show."""
        return {name: shown(value) for name, value in asdict(self).items()}


def request(operation: str, identity: object, **fields: Any) -> Message:
    """Return a request."""
    return {"op": operation, "id": identity, **fields}


def event(about: Message, name: str, **fields: Any) -> Message:
    """Return an event that answers a request."""
    return {"event": name, "id": about.get("id"), **fields}


def key(message: Message) -> str:
    """Return a message's id as something hashable."""
    return json.dumps(message.get("id"))


def shown(text: str) -> str:
    """Return a text that every program can show: a file's name need not be valid Unicode."""
    return text.encode("utf-8", "backslashreplace").decode()


def text(fields: Mapping[str, Any], name: str) -> str:
    """Return a text of a request. Raises `UserError` if it is none."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise UserError(f'The request needs "{name}", a text.')
    return value


def optional_text(fields: Mapping[str, Any], name: str) -> str | None:
    """Return a text of a request, or None where it is left out or null."""
    return None if fields.get(name) is None else text(fields, name)


def number(fields: Mapping[str, Any], name: str, default: float) -> float:
    """Return a finite number of a request. Raises `UserError` if it is none."""
    value = fields.get(name, default)
    try:
        if isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # an integer that no float can hold
        pass
    raise UserError(f'"{name}" must be a number, not {value!r}.')
