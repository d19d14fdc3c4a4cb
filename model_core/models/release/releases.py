"""The checkpoints that the authors released, one a dataset; nothing here needs torch."""

from dataclasses import dataclass
from typing import Literal

Dataset = Literal["vocaset", "biwi"]


@dataclass(frozen=True)
class Release:
    """What a release fixes for its dataset and its weights do not tell."""

    order: str  # of the decoder's layers
    heads: int
    encoder_fps: int  # of the frames that the encoder's Transformer sees
    fold: int  # of them in one frame of motion
    topology: str


RELEASES: dict[Dataset, Release] = {
    "vocaset": Release("METEME", 8, 30, 1, "flame5023"),
    "biwi": Release("MEMETEMEME", 4, 50, 2, "biwi3895"),
}
