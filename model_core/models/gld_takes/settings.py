"""What config.json says of takes by diffusion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ...base.errors import UserError
from ..jambatalk.face import JambaTalkSettings
from .config import GldTakesConfig


@dataclass(frozen=True, kw_only=True)
class GldTakesSettings:
    """What config.json says.

    Attributes:
        plain: of the model whose takes are drawn.
        takes: sizes of what draws them.

    Raises:
        UserError: a latent does not hold whole tokens of the plain model.
    """

    plain: JambaTalkSettings
    takes: GldTakesConfig

    def __post_init__(self) -> None:
        if self.takes.fold % self.plain.decoder.fold:
            raise UserError("A latent of this model does not hold whole tokens; get it again.")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read config.json. Raises `UserError` if something is missing or out of place."""
        try:
            plain, takes = config["plain"], config["takes"]
        except KeyError as error:
            raise UserError(f"The model's config.json is not complete ({error}).") from error
        return cls(plain=JambaTalkSettings.from_config(plain), takes=GldTakesConfig.of(takes))
