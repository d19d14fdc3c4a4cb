"""The lip reader of the journal version: words from lips, so that lips can be taught by words.

Lip vertices -> linear -> 50 frames a second -> Transformer -> letters. Two losses join it to a
frozen speech recogniser that hears the same sentence: its features match the recogniser's
(feature matching), and its letters spell what the recogniser heard (CTC, Graves et al. 2006).
It exists in training only.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn


@dataclass(frozen=True)
class LipReaderConfig:
    """Sizes; the defaults of `nn.Transformer` are the release's.

    Attributes:
        width: of the recogniser's hidden states, which the features must match.
        letters: size of the recogniser's alphabet.
        blank: its CTC blank.
    """

    width: int
    letters: int
    blank: int
    heads: int = 8
    layers: int = 6
    hidden: int = 2048


class LipReader(nn.Module):
    """Offsets of lip vertices -> features and letters at the recogniser's rate.

    Args:
        lips: indices of the lip vertices (L,).
        config: sizes.
    """

    lips: Tensor

    def __init__(self, lips: NDArray[np.integer], config: LipReaderConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("lips", torch.from_numpy(np.asarray(lips, np.int64)))
        self.embed = nn.Linear(3 * len(lips), config.width)
        self.transformer = nn.Transformer(
            config.width,
            config.heads,
            config.layers,
            config.layers,
            config.hidden,
            batch_first=True,
        )
        self.letters = nn.Linear(config.width, config.letters)

    def forward(self, offsets: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """Read the lips of (B, T, V * 3) at `frames` moments.

        Returns features (B, frames, width) and log probabilities of letters (B, frames, letters).
        """
        lips = offsets.unflatten(-1, (-1, 3))[:, :, self.lips].flatten(2)  # (B, T, L * 3)
        x = self.embed(lips).transpose(1, 2)  # (B, width, T)
        x = F.interpolate(x, size=frames, mode="linear", align_corners=True).transpose(1, 2)
        features = self.transformer(x, x)  # (B, frames, width)
        return features, self.letters(features).log_softmax(dim=-1)

    def losses(self, offsets: Tensor, heard: Tensor, spelled: Tensor) -> tuple[Tensor, Tensor]:
        """Return the feature-matching and the CTC loss, () each.

        `offsets` (1, T, V * 3) as predicted; of the recogniser `heard` (1, frames, width), its
        hidden states, and `spelled` (1, N), the letters it heard.
        """
        features, letters = self(offsets, heard.shape[1])
        lengths = torch.tensor([letters.shape[1]]), torch.tensor([spelled.shape[1]])
        ctc = F.ctc_loss(
            letters.transpose(0, 1).float(),
            spelled,
            *lengths,
            blank=self.config.blank,
            zero_infinity=True,
        )
        return F.mse_loss(features, heard), ctc
