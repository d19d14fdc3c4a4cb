"""A frame as Live Link Face sends it over UDP, which Unreal and others listen to; and as JSON.

All numbers are big-endian. One byte 6 (the version); the device's id and the subject's name, each a
32-bit length and UTF-8; the frame's number (32 bits) and the part of a frame after it (float); the
frame rate as numerator and denominator (32 bits each); one byte 61 and so many floats: ARKit's 52
channels in Apple's order, and yaw, pitch and roll of the head and of both eyes.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction

from ..rig.arkit import ARKIT, SIDED
from .turns import TURNS

VERSION = 6
COLUMNS = (*ARKIT, *TURNS)
_HALF = 0.5  # of a frame: what the app sends


class LiveLinkPackets:
    """Frames of one subject as packets.

    Args:
        names: of the weights that frames have.
        fps: frames a second.
        subject: the name under which a receiver knows the face.
        first: number of the first frame; the app counts from midnight.
    """

    def __init__(self, names: Sequence[str], fps: float, subject: str, first: int = 0) -> None:
        self._columns = [_sources(name, names) for name in COLUMNS]
        rate = Fraction(fps).limit_denominator(1001)
        texts = b"".join(_text(each) for each in (_DEVICE, subject))
        self._head = struct.pack(">B", VERSION) + texts
        self._rate = struct.pack(">iiB", rate.numerator, rate.denominator, len(COLUMNS))
        self._frame = first

    def packet(self, weights: Sequence[float]) -> bytes:
        """Return the next frame's packet; channels that the weights lack rest."""
        values = [
            sum(weights[i] for i in sources) / len(sources) if sources else 0.0
            for sources in self._columns
        ]
        time = struct.pack(">if", self._frame % 2**31, _HALF)
        self._frame += 1
        return self._head + time + self._rate + struct.pack(f">{len(values)}f", *values)


class JsonPackets:
    """Frames as JSON objects: ``frame``, ``time`` in seconds and ``weights`` by name.

    Args:
        names: of the weights.
        fps: frames a second.
    """

    def __init__(self, names: Sequence[str], fps: float) -> None:
        self._names, self._fps, self._frame = tuple(names), fps, 0

    def packet(self, weights: Sequence[float]) -> bytes:
        """Return the next frame's packet."""
        rounded = [round(float(weight), 5) for weight in weights]
        told: Mapping[str, object] = {
            "frame": self._frame,
            "time": round(self._frame / self._fps, 6),
            "weights": dict(zip(self._names, rounded, strict=True)),
        }
        self._frame += 1
        return json.dumps(told, separators=(",", ":")).encode()


_DEVICE = "4A4D4254-0000-4000-8000-000000000000"  # ids look so; ours is the same everywhere


def _sources(column: str, names: Sequence[str]) -> list[int]:
    """Return which weights a column is the mean of: its own, or both sides'."""
    wanted = (column, *SIDED.get(column, ()))
    return [index for index, name in enumerate(names) if name in wanted]


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack(">i", len(encoded)) + encoded
