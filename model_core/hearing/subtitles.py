"""Texts of what is said, as people have them: plain text, SubRip (.srt) and WebVTT (.vtt)."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import NamedTuple

from ..base.errors import UserError

SUFFIXES = (".srt", ".vtt", ".txt")
_LARGEST = 16 << 20  # bytes
_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}")
_TAGS = re.compile(r"<[^>]*>|\{\\[^}]*\}|\{/?[biu]\}")
_DASH = re.compile(r"^\s*[-\u2013\u2014]\s*")  # of another speaker


class Cue(NamedTuple):
    """A text shown from ``start`` to ``end`` in seconds."""

    start: float
    end: float
    text: str


def read_cues(path: str | os.PathLike[str]) -> list[Cue]:
    """Return the subtitles of a file in order of time, without marks of how they look.

    Raises:
        UserError: it cannot be read, or holds none.
    """
    cues = [cue for cue in _cues(read_text(path)) if cue.text]
    if not cues:
        raise UserError(f"{path} has no subtitles; they need times such as 00:00:01,500 --> ...")
    return sorted(cues)


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a file in UTF-8 or UTF-16, or else in Western Europe's encoding.

    Raises:
        UserError: it is missing, too large, or no text.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    if len(data) > _LARGEST:
        raise UserError(f"{path} is too large for a text (more than {_LARGEST >> 20} MiB).")
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UserError(f"{path} is no text in an encoding known here; save it as UTF-8.")


def plain(text: str) -> str:
    """Return a text in one line, without marks of how it looks."""
    lines = (_DASH.sub("", line) for line in _TAGS.sub("", text).splitlines())
    return " ".join(html.unescape(" ".join(lines)).split())


def _cues(text: str) -> list[Cue]:
    """Return what follows each line with times, up to an empty line or the next times."""
    found: list[tuple[float, float, list[str]]] = []
    inside = False
    for line in text.splitlines():
        times = _TIMES.match(line)
        if times:
            if found and found[-1][2] and found[-1][2][-1].strip().isdigit() and inside:
                found[-1][2].pop()  # the next one's number, where no empty line parts them
            start, end = _seconds(*times.groups()[:4]), _seconds(*times.groups()[4:])
            found.append((start, end, []))
            inside = True
        elif not line.strip():
            inside = False
        elif inside:
            found[-1][2].append(line)
    return [Cue(start, end, plain("\n".join(lines))) for start, end, lines in found]


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")
