"""Sizes of takes by diffusion; nothing here needs torch."""

from dataclasses import dataclass
from typing import Any

from ...base.errors import UserError


@dataclass(frozen=True, kw_only=True)
class GldTakesConfig:
    """Shape of a `GldTakes`, and how it draws.

    Attributes:
        fold: frames in a latent; a multiple of the frames in one of the plain model's tokens.
        parts: codes a latent.
        code_width: of each.
        codes: in the one codebook.
        patience: training steps after which an unused code is put elsewhere.
        width: of tokens in both networks.
        space_layers: of each side of the quantised space.
        layers: of the denoiser.
        heads: of attention.
        window: latents on each side that attention sees.
        steps: N, of the diffusion.
        draws: DDIM steps of a take.

    Raises:
        UserError: a size cannot be.
    """

    fold: int = 4
    parts: int = 4
    code_width: int = 32
    codes: int = 256
    patience: int = 40
    width: int = 192
    space_layers: int = 2
    layers: int = 6
    heads: int = 6
    window: int = 60
    steps: int = 500
    draws: int = 20

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if type(value) is not int or not 1 <= value <= _MOST:
                raise UserError(f"{name} must be a whole number from 1 to {_MOST}, not {value!r}.")
        if self.width % (2 * self.heads):
            raise UserError(f"The width {self.width} must be an even multiple of the heads.")

    @property
    def latent(self) -> int:
        """The width of a latent."""
        return self.parts * self.code_width

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "GldTakesConfig":
        """Make one of what JSON keeps. Raises `UserError` if something is out of place."""
        try:
            return cls(**fields)
        except TypeError as error:
            raise UserError(f"The model's config.json is not complete ({error}).") from error


_MOST = 1 << 14  # a damaged file must not ask for all the memory
