"""wav2vec 2.0 as the paper uses it: its Transformer runs at the motion's frame rate.

The convolutional features (Baevski et al. 2020) are interpolated linearly to one a video frame
before the projection and the Transformer; the convolutions keep their pretrained weights.
"""

from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UserError


class FrameWav2Vec2(nn.Module):
    """Samples and a number of frames -> that many features; trainable but for the convolutions.

    Args:
        model: a `transformers.Wav2Vec2Model`.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        model.freeze_feature_encoder()
        if hasattr(model, "masked_spec_embed"):  # of no use here; data-parallel training objects
            model.masked_spec_embed.requires_grad_(False)
        self.channels = int(model.config.hidden_size)

    @classmethod
    def load(cls, name: str) -> Self:
        """Load from a folder or a hub id.

        Raises:
            UserError: it cannot be found, or is not a wav2vec 2.0.
        """
        from transformers import Wav2Vec2Model

        try:
            return cls(Wav2Vec2Model.from_pretrained(name, dtype=torch.float32, layerdrop=0.0))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{name} is not a wav2vec 2.0 on this machine or on the hub "
                f"({str(error).splitlines()[0]}); give a folder or another id."
            ) from error

    def forward(self, samples: Tensor, frames: int) -> Tensor:
        """(B, N) at 16 kHz -> (B, frames, channels)."""
        level = samples - samples.mean(dim=-1, keepdim=True)
        level = level / (level.square().mean(dim=-1, keepdim=True) + 1e-7).sqrt()
        heard = self.model.feature_extractor(level)  # (B, conv channels, T at 50 Hz)
        heard = F.interpolate(heard, size=frames, mode="linear", align_corners=True)
        hidden, _ = self.model.feature_projection(heard.transpose(1, 2))
        features: Tensor = self.model.encoder(hidden).last_hidden_state
        return features
