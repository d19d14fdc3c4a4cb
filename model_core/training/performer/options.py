"""Choices of the recipe that learns a performer's style; nothing here needs torch."""

from dataclasses import dataclass
from pathlib import Path

from ...base.assets import DEFAULT_CHECKPOINT
from ...base.errors import UserError
from ...base.settings import setting

_LONGEST_NAME = 40
_BESIDES = " -_'"


@dataclass(frozen=True)
class PerformerOptions:
    """Choices of the recipe `performer`."""

    name: str = setting("performer", "what the style is to be called, as the performer")
    onto: Path = setting(  # noqa: RUF009 (a field)
        DEFAULT_CHECKPOINT, "the model that gets the style besides its own", "the one included"
    )

    def __post_init__(self) -> None:
        plain = all(letter.isalnum() or letter in _BESIDES for letter in self.name)
        if not (plain and self.name == self.name.strip() and 0 < len(self.name) <= _LONGEST_NAME):
            raise UserError(
                f"--name must be of letters, digits, spaces, - _ and ', {_LONGEST_NAME} at most, "
                f"not {self.name!r}."
            )
