"""What bakes made, and the sentences that tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...model_core.hearing.said import Hearing
from ...model_core.motion.motion import Motion
from ..write.report import BakeReport
from .plan import Failure
from .status import Kind, Trace


@dataclass(frozen=True)
class Outcome:
    """A finished bake.

    Attributes:
        report: what was made.
        mesh: name of the object it was made on.
        action: name of the action that has the curves.
        first_frame: scene frame of the first one baked.
        seconds: how long it took, from the request to the last key, without waiting for others.
        sound_seconds: length of the sound.
        notes: sentences on what may surprise.
        trace: what it left on the mesh; None on bones.
        motion: what was baked, in scene time.
        hearing: what is said, in seconds of the sound file, if it was heard.
        sound: the sound file.
        start: second of the sound file at which the motion begins.
        style: which it was spoken in, where it is not the model's first.
    """

    report: BakeReport
    mesh: str
    action: str
    first_frame: int
    seconds: float
    sound_seconds: float
    notes: tuple[str, ...]
    trace: Trace | None
    motion: Motion | None = None
    hearing: Hearing | None = None
    sound: Path | None = None
    start: float = 0.0
    style: str = ""

    @property
    def last_frame(self) -> int:
        """Scene frame of the last one baked."""
        return self.first_frame + self.report.frames - 1

    def headline(self) -> str:
        """Return what was made and where it went."""
        report = self.report
        told = f" in style '{self.style}'" if self.style else ""
        return (
            f"Baked {report.frames} frames of '{report.take}'{told}, {self.first_frame} to "
            f"{self.last_frame}, onto '{self.mesh}', action '{self.action}': "
            f"{report.shapes} {report.moved}, {report.keys} keys, within {report.error_mm:.2f} mm, "
            f"in {self.seconds:.1f} s."
        )

    def sentence(self) -> str:
        """Return all that the artist is told."""
        return " ".join([self.headline(), *self.notes])

    def line(self) -> str:
        """Return what, where and how long in a line of a report."""
        report = self.report
        return (
            f"{report.take}: '{self.mesh}', frames {self.first_frame} to {self.last_frame}, "
            f"{report.shapes} {report.moved}, {report.keys} keys, {self.sound_seconds:.1f} s of "
            f"sound in {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Summary:
    """How a press of a button ended.

    Attributes:
        outcomes: what was baked, in order.
        failures: what could not be.
        left: how many were not reached, since it was cancelled.
        seconds: how long it took.
        told: sentences on what was asked for, known before.
    """

    outcomes: Sequence[Outcome]
    failures: Sequence[Failure] = ()
    left: int = 0
    seconds: float = 0.0
    told: Sequence[str] = ()

    @property
    def kind(self) -> Kind:
        """How it ended, all told."""
        if self.left:
            return Kind.CANCELLED
        if not self.outcomes:
            return Kind.FAILED
        return Kind.WARNED if self.notes() or self.failures else Kind.DONE

    @property
    def is_one_failure(self) -> bool:
        """Whether one sound was asked for, and failed."""
        return len(self.failures) == 1 and not (self.outcomes or self.left)

    @property
    def trace(self) -> Trace | None:
        """What the last of the bakes left on the mesh."""
        return self.outcomes[-1].trace if self.outcomes else None

    def headline(self) -> str:
        """Return what was made and where it went, and whether all of it was."""
        if self.left and not self.outcomes:
            return "Cancelled; nothing was changed."
        if not self.outcomes:
            return "Nothing was baked."
        if len(self.outcomes) == 1 and not (self.left or self.failures):
            return self.outcomes[0].headline()
        return f"{'Cancelled after ' if self.left else ''}{self._counted()}"

    def notes(self) -> tuple[str, ...]:
        """Return what failed and what may surprise, each once."""
        failed = _grouped((f"'{each.name}'", str(each.error)) for each in self.failures)
        noted = _grouped(
            (f"'{outcome.report.take}'", note)
            for outcome in self.outcomes
            for note in outcome.notes
        )
        several = len(self.outcomes) > 1
        return (
            *(f"Not baked: {names}: {why}" for why, names in failed.items()),
            *self.told,
            *(f"{names}: {note}" if several else note for note, names in noted.items()),
        )

    def sentence(self) -> str:
        """Return all that the artist is told."""
        return " ".join([self.headline(), *self.notes()])

    def report(self) -> tuple[str, ...]:
        """Return a line for each sound, what went wrong, what may surprise, and all of it told."""
        done = (outcome.line() for outcome in self.outcomes)
        return (*done, *self.notes(), self.headline())

    def _counted(self) -> str:
        outcomes = self.outcomes
        wanted = len(outcomes) + len(self.failures) + self.left
        first = min(outcome.first_frame for outcome in outcomes)
        last = max(outcome.last_frame for outcome in outcomes)
        keys = sum(outcome.report.keys for outcome in outcomes)
        worst = max(outcome.report.error_mm for outcome in outcomes)
        verb = "baking" if self.left else "Baked"
        return (
            f"{verb} {len(outcomes)} of {wanted} sounds, frames {first} to {last}, onto "
            f"{self._places()}: {keys} keys, within {worst:.2f} mm, in {self.seconds:.1f} s."
        )

    def _places(self) -> str:
        """Return the meshes, and the action if it is one."""
        counts = Counter(outcome.mesh for outcome in self.outcomes)
        if len(counts) == 1:
            return f"'{self.outcomes[-1].mesh}', action '{self.outcomes[-1].action}'"
        return ", ".join(f"'{mesh}' ({count})" for mesh, count in counts.items())


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each sentence the names it is said of, both in order."""
    grouped: dict[str, list[str]] = {}
    for name, sentence in pairs:
        grouped.setdefault(sentence, []).append(name)
    return {sentence: ", ".join(names) for sentence, names in grouped.items()}
