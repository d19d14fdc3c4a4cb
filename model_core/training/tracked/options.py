"""Choices of the recipe that learns from tracked lips; nothing here needs torch."""

from dataclasses import dataclass
from pathlib import Path

from ...base.assets import DEFAULT_CHECKPOINT
from ...base.errors import UserError


@dataclass(frozen=True)
class TrackedOptions:
    """Choices of the recipe `tracked`.

    Attributes:
        anchors: a corpus, or any folder of sounds: the voices by which the model stays as it was.
        minutes: how much of the anchors is heard.
        teacher: the checkpoint that is tuned.
        hold_out: speakers kept aside, for scoring.
        amplitude: spread of opening and height that is taught, against the teacher's own.
        blend: share of the tuned weights in the result; the teacher's are the rest.
    """

    anchors: Path = Path(".cache/corpus/train")
    minutes: float = 60.0
    teacher: Path = DEFAULT_CHECKPOINT
    hold_out: tuple[str, ...] = ()
    amplitude: float = 1.8
    blend: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.blend <= 1:
            raise UserError(f"The blend must lie above 0 and up to 1, not {self.blend}.")
        if not (self.amplitude > 0 and self.minutes > 0):
            raise UserError("The amplitude and the minutes of anchors must be above 0.")
