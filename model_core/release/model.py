"""The whole of a released checkpoint: encoder, decoder, and what the datasets differ in."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from ..errors import UserError
from .decoder import ReleaseDecoder, ReleaseDecoderConfig
from .encoder import ReleaseEncoder, ReleaseEncoderConfig

Dataset = Literal["vocaset", "biwi"]


@dataclass(frozen=True)
class DatasetSettings:
    """What the release fixes for a dataset and its weights do not tell."""

    order: str  # of the decoder's layers
    heads: int
    encoder_fps: int  # of the frames that the encoder's Transformer sees
    fold: int  # of them in one frame of motion
    topology: str


DATASETS: dict[Dataset, DatasetSettings] = {
    "vocaset": DatasetSettings("METEME", 8, 30, 1, "flame5023"),
    "biwi": DatasetSettings("MEMETEMEME", 4, 50, 2, "biwi3895"),
}


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

    @property
    def fps(self) -> float:
        """Frames of motion a second."""
        return self.encoder.fps / self.encoder.fold

    @property
    def topology(self) -> str:
        """Name of the mesh whose vertices move."""
        return DATASETS[self.dataset].topology


class ReleaseModel(nn.Module):
    """Speech in, vertex offsets from the neutral face out."""

    def __init__(self, config: ReleaseConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ReleaseEncoder(config.encoder)
        self.decoder = ReleaseDecoder(config.decoder)

    def forward(self, samples: Tensor) -> Tensor:
        """A clip (N,) at 16 kHz -> (T, V, 3) in the dataset's unit, metres for VOCASET."""
        offsets = self.decoder(self.encoder(samples)[None])[0]  # (T, V * 3)
        return offsets.unflatten(-1, (-1, 3))
