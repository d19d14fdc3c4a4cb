"""What makes a line worth a look, and how much."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...base.errors import UserError
from ..results import FAILED, Result
from .listening import Heard, listen

LONG_PAUSE = 2.0  # seconds
_UNSURE = 0.38  # see `Hearing.sure`
_MOST_TOLD = 6

KINDS = {
    "failed": ("Failed", 100.0),
    "waiting": ("Not run", 60.0),
    "silent": ("Nothing said", 50.0),
    "missing": ("Files missing", 40.0),
    "lips": ("Lips left open", 30.0),
    "clipped": ("Clipped sound", 20.0),
    "language": ("Language in doubt", 15.0),
    "pause": ("Long silence", 8.0),
    "note": ("Notes", 3.0),
}
"""What is looked for: how it is called, and what it adds to a line's risk."""


@dataclass(frozen=True)
class Finding:
    """Something to look at.

    Attributes:
        kind: one of `KINDS`.
        sentence: what was found.
        count: how often; more of it is a greater risk.
    """

    kind: str
    sentence: str
    count: int = 1

    @property
    def risk(self) -> float:
        """What it adds to a line's risk."""
        return KINDS[self.kind][1] * (1.0 + 0.2 * (min(self.count, 20) - 1))


@dataclass(frozen=True)
class Line:
    """A job, as it is shown.

    Attributes:
        number: which it is, from 1.
        record: its result; of a job that was not run its row alone.
        sound: where its sound is, if it is known.
        outputs: the files it writes.
        heard: of its sound, where that can be read.
        findings: what is to be looked at.
    """

    number: int
    record: Result
    sound: Path | None
    outputs: tuple[Path, ...]
    heard: Heard | None = None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def risk(self) -> float:
        """How much it is worth a look."""
        return round(sum(finding.risk for finding in self.findings), 1)

    @property
    def seen(self) -> dict[str, Any]:
        """What is kept of its mouth; see `batch.seen`."""
        return dict(self.record.get("seen") or {})


def looked_at(number: int, record: Result, sound: Path | None, outputs: tuple[Path, ...]) -> Line:
    """Return a job with all that is found on it."""
    heard, findings = _listened(sound)
    status = record.get("status")
    findings = [*_of_status(record), *(findings if heard or status != FAILED else ())]
    if status != FAILED:
        findings += _of_mouth(record.get("seen") or {})
        findings += [Finding("note", str(note)) for note in record.get("notes") or ()]
    if status and status != FAILED:
        gone = [path.name for path in outputs if not path.exists()]
        findings += [Finding("missing", f"Not there any more: {_listed(gone)}.")] if gone else []
    findings.sort(key=lambda finding: -finding.risk)
    return Line(number, record, sound, outputs, heard, tuple(findings))


def _listened(sound: Path | None) -> tuple[Heard | None, list[Finding]]:
    """Return what is to be known of a sound, and what is to be looked at."""
    if sound is None:
        return None, []
    try:
        heard = listen(sound, LONG_PAUSE)
    except UserError as error:
        return None, [Finding("missing", f"The sound cannot be shown: {error}")]
    return heard, list(_of_sound(heard))


def _of_sound(heard: Heard) -> Iterator[Finding]:
    if heard.silent:
        yield Finding("silent", "Nothing in the sound may be speech.")
    if heard.clipped:
        yield Finding("clipped", f"{heard.clipped} peaks of the sound are cut off.")
    if heard.pauses:
        told = _listed([f"{first:.1f} to {end:.1f} s" for first, end in heard.pauses])
        yield Finding("pause", f"Silent for long: {told}.", len(heard.pauses))


def _of_status(record: Result) -> list[Finding]:
    if not record.get("status"):
        return [Finding("waiting", "This job has not been run.")]
    if record["status"] == FAILED:
        return [Finding("failed", str(record.get("sentence", "")))]
    return []


def _of_mouth(seen: dict[str, Any]) -> list[Finding]:
    found = []
    if unclosed := seen.get("unclosed"):
        told = _listed([f"{symbol} at {second:.2f} s" for symbol, second in unclosed])
        sentence = f"Lips seem to stay open in {told}, of {seen['bilabials']} that should close."
        found.append(Finding("lips", sentence, len(unclosed)))
    sure = seen.get("sure")
    if sure is not None and sure < _UNSURE:
        sentence = (
            f"Its sounds are heard unsurely ({sure:.2f}): another language than English, a "
            "song, or much noise."
        )
        found.append(Finding("language", sentence))
    return found


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - _MOST_TOLD} more" if len(texts) > _MOST_TOLD else ""
    return ", ".join(texts[:_MOST_TOLD]) + more
