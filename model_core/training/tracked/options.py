"""Choices of the recipe that learns from tracked lips; nothing here needs torch."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...base.assets import DEFAULT_CHECKPOINT
from ...base.errors import UserError

_MOST_LEAN, _MOST_UPPER_LIP = 10.0, 0.5


@dataclass(frozen=True)
class TrackedOptions:
    """Choices of the recipe `tracked`.

    Attributes:
        anchors: corpora, or any folders of sounds: the voices by which the model stays as it was.
        minutes: how much of the anchors is heard.
        teacher: the checkpoint that is tuned.
        start: a checkpoint tuned before, to go on from; the teacher's weights if there is none.
        hold_out: speakers kept aside, for scoring.
        amplitude: spread of opening and height that is taught, against the teacher's own.
        blend: share of the tuned weights in the result; the teacher's are the rest.
        lean: added to the log odds of the result's gate.
        upper_lip: share of the opening that the result's upper lip takes over from the jaw.
    """

    anchors: tuple[Path, ...] = (Path(".cache/corpus/train"),)
    minutes: float = 60.0
    teacher: Path = DEFAULT_CHECKPOINT
    start: Path | None = None
    hold_out: tuple[str, ...] = ()
    amplitude: float = 1.5
    blend: float = 1.0
    lean: float = 0.0
    upper_lip: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The choices by name, paths as text."""
        paths = {"teacher": str(self.teacher), "start": str(self.start) if self.start else None}
        return {**asdict(self), **paths, "anchors": [str(folder) for folder in self.anchors]}

    def __post_init__(self) -> None:
        if not 0 < self.blend <= 1:
            raise UserError(f"The blend must lie above 0 and up to 1, not {self.blend}.")
        if not (self.amplitude > 0 and self.minutes > 0):
            raise UserError("The amplitude and the minutes of anchors must be above 0.")
        if not (abs(self.lean) <= _MOST_LEAN and 0 <= self.upper_lip <= _MOST_UPPER_LIP):
            raise UserError(
                f"--lean goes from -{_MOST_LEAN:g} to {_MOST_LEAN:g} and --upper-lip from 0 to "
                f"{_MOST_UPPER_LIP:g}, not {self.lean:g} and {self.upper_lip:g}."
            )
