"""Choices of the recipe that learns from tracked lips; nothing here needs torch."""

from dataclasses import dataclass
from pathlib import Path

from ...base.assets import DEFAULT_CHECKPOINT


@dataclass(frozen=True)
class TrackedOptions:
    """Choices of the recipe `tracked`.

    Attributes:
        anchors: a corpus, or any folder of sounds: the voices by which the model stays as it was.
        minutes: how much of the anchors is heard.
        teacher: the checkpoint that is tuned.
        hold_out: speakers kept aside, for scoring.
        amplitude: spread of opening and height that is taught, against the teacher's own.
    """

    anchors: Path = Path(".cache/corpus/train")
    minutes: float = 60.0
    teacher: Path = DEFAULT_CHECKPOINT
    hold_out: tuple[str, ...] = ()
    amplitude: float = 1.8
