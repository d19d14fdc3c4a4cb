"""The whole of a released checkpoint: encoder, decoder, and what the datasets differ in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor, nn

from ...base.errors import UserError
from .decoder import MambaSize, ReleaseDecoder, ReleaseDecoderConfig
from .encoder import ReleaseEncoder, ReleaseEncoderConfig
from .releases import RELEASES, Dataset


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """Sizes of a :class:`ReleaseModel`.

    Raises:
        UserError: the decoder does not take what the encoder gives.
    """

    dataset: Dataset
    encoder: ReleaseEncoderConfig
    decoder: ReleaseDecoderConfig

    def __post_init__(self) -> None:
        given = self.encoder.fold * self.encoder.hidden
        if self.decoder.inputs != given:
            raise UserError(f"The decoder takes {self.decoder.inputs} features, not {given}.")

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> Self:
        """Read what :func:`dataclasses.asdict` gave, after a way through JSON.

        Raises:
            UserError: something is missing or out of place.
        """
        try:
            encoder, decoder = dict(settings["encoder"]), dict(settings["decoder"])
            encoder |= {name: tuple(encoder[name]) for name in ("channels", "kernels")}
            decoder |= {name: MambaSize(**decoder[name]) for name in ("mamba", "moe_mamba")}
            return cls(
                dataset=settings["dataset"],
                encoder=ReleaseEncoderConfig(**encoder),
                decoder=ReleaseDecoderConfig(**decoder),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"The model's config.json is not complete ({error}).") from error

    @property
    def fps(self) -> float:
        """Frames of motion a second."""
        return self.encoder.fps / self.encoder.fold

    @property
    def topology(self) -> str:
        """Name of the mesh whose vertices move."""
        return RELEASES[self.dataset].topology


class ReleaseModel(nn.Module):
    """Speech in, vertex offsets from the neutral face out."""

    def __init__(self, config: ReleaseConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ReleaseEncoder(config.encoder)
        self.decoder = ReleaseDecoder(config.decoder)

    def forward(self, samples: Tensor) -> Tensor:
        """A clip (N,) at 16 kHz -> (T, V, 3) in the dataset's unit, metres for VOCASET."""
        return self.decode(self.encoder(samples))

    def decode(self, features: Tensor) -> Tensor:
        """The encoder's features (T, C) -> (T, V, 3)."""
        return self.decoder(features[None])[0].unflatten(-1, (-1, 3))
