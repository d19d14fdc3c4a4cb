"""Choices of the recipe that learns from tracked lips; nothing here needs torch."""

from dataclasses import dataclass
from pathlib import Path

from ...base.assets import DEFAULT_CHECKPOINT
from ...base.errors import UserError
from ...base.settings import setting

_MOST_LEAN, _MOST_UPPER_LIP = 10.0, 0.5


@dataclass(frozen=True)
class TrackedOptions:
    """Choices of the recipe `tracked`; by its anchors the model stays what it was."""

    anchors: tuple[Path, ...] = setting(
        (Path(".cache/corpus/train"),),
        "corpora or folders of sounds of many other voices",
        ".cache/corpus/train",
    )
    minutes: float = setting(60.0, "of anchors")
    teacher: Path = setting(  # noqa: RUF009 (a field)
        DEFAULT_CHECKPOINT, "the model that is tuned", "the one included"
    )
    start: Path | None = setting(  # noqa: RUF009 (a field)
        None, "a model tuned before, to go on from"
    )
    hold_out: tuple[str, ...] = setting((), "speakers kept aside, for scoring")
    amplitude: float = setting(1.5, "spread of opening and height against the teacher's own")
    width_spread: float = setting(1.0, "spread of the width against the teacher's own")
    ears: int = setting(
        3, "layers of the speech encoder to hear, from the last down; new ones begin as nothing"
    )
    only_lower: bool = setting(False, "let nothing learn but what mixes lower layers in")
    blend: float = setting(
        1.0, "share of the tuned weights, the teacher's being the rest; new layers' count whole"
    )
    sharpness: float = setting(1.0, "factor on the log odds that lips meet")
    lean: float = setting(0.0, "added to the log odds that lips meet")
    upper_lip: float = setting(
        0.0, "share of the opening that the upper lip takes over from the jaw"
    )

    def __post_init__(self) -> None:
        if not 0 <= self.blend <= 1:
            raise UserError(f"The blend must lie from 0 to 1, not {self.blend}.")
        if self.ears < 1:
            raise UserError(f"At least one layer is heard, not {self.ears}.")
        if self.only_lower and self.ears == 1:
            raise UserError("--only-lower needs lower layers; give --ears 2 or more.")
        spreads = (self.amplitude, self.width_spread)
        if not all(each > 0 for each in (*spreads, self.minutes, self.sharpness)):
            raise UserError(
                "Amplitude, width, sharpness and the minutes of anchors must be above 0."
            )
        if not (abs(self.lean) <= _MOST_LEAN and 0 <= self.upper_lip <= _MOST_UPPER_LIP):
            raise UserError(
                f"--lean goes from -{_MOST_LEAN:g} to {_MOST_LEAN:g} and --upper-lip from 0 to "
                f"{_MOST_UPPER_LIP:g}, not {self.lean:g} and {self.upper_lip:g}."
            )
