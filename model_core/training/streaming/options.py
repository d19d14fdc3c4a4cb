"""Choices of the recipe that distils the streaming model; nothing here needs torch."""

from dataclasses import dataclass
from pathlib import Path

from ...base.assets import DEFAULT_CHECKPOINT
from ...base.errors import UserError
from ...base.settings import setting


@dataclass(frozen=True)
class StreamingOptions:
    """Choices of the recipe `streaming`."""

    sounds: tuple[Path, ...] = setting(
        (), "corpora or folders of sounds beside --data, each as many minutes"
    )
    sound_minutes: float = setting(60.0, "of each folder of sounds")
    imitated: Path = setting(  # noqa: RUF009 (a field)
        DEFAULT_CHECKPOINT, "the model whose motion is learned", "the one included"
    )
    begun: Path | None = setting(  # noqa: RUF009 (a field)
        None, "a streaming model to go on from"
    )
    begun_share: float = setting(0.0, "share of the result's weights that stay that model's")

    def __post_init__(self) -> None:
        if not self.sound_minutes > 0:
            raise UserError("The minutes of sounds must be above 0.")
        if not 0 <= self.begun_share < 1:
            raise UserError(
                f"--begun-share must be at least 0 and less than 1, not {self.begun_share:g}."
            )
        if self.begun_share and not self.begun:
            raise UserError("--begun-share needs --begun: a share of which model?")
