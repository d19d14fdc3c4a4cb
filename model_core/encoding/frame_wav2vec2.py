"""wav2vec 2.0 as the paper uses it: its Transformer runs at the motion's frame rate.

The convolutional features (Baevski et al. 2020) are interpolated linearly to one a video frame
before the projection and the Transformer; the convolutions keep their pretrained weights. With
``fold`` nothing is interpolated: of the Transformer's 50 frames a second so many make one, side by
side, as the authors' release has it for BIWI (25 frames a second, ``fold`` 2).
"""

from collections.abc import Mapping
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoConfig, Wav2Vec2Config, Wav2Vec2Model

from ..base.errors import UserError

WAV2VEC2_FPS = 50
"""Frames a second that the convolutions of every published wav2vec 2.0 give."""


class FrameWav2Vec2(nn.Module):
    """Samples and a number of frames -> that many features; trainable but for the convolutions.

    Args:
        model: a `transformers.Wav2Vec2Model`.
        fold: of its frames in one of ours; 1 interpolates instead.
    """

    def __init__(self, model: Any, fold: int = 1) -> None:
        super().__init__()
        self.model, self.fold = model, fold
        model.freeze_feature_encoder()
        if hasattr(model, "masked_spec_embed"):  # of no use here; data-parallel training objects
            model.masked_spec_embed.requires_grad_(False)
        self.channels = fold * int(model.config.hidden_size)

    @classmethod
    def untrained(cls, config: Mapping[str, Any], fold: int = 1) -> Self:
        """Make one from a `transformers.Wav2Vec2Config` as a dictionary."""
        return cls(Wav2Vec2Model(Wav2Vec2Config(**config)), fold)

    @classmethod
    def pretrained(cls, name: str, fold: int = 1) -> Self:
        """Load one from a folder or a hub id.

        Raises:
            UserError: it cannot be found, or is not a wav2vec 2.0.
        """
        try:
            model = Wav2Vec2Model.from_pretrained(name, dtype=torch.float32, layerdrop=0.0)
            return cls(model, fold)
        except (OSError, ValueError) as error:
            raise _not_found(name, error) from error

    def forward(self, samples: Tensor, frames: int) -> Tensor:
        """(B, N) at 16 kHz -> (B, frames, channels)."""
        level = samples - samples.mean(dim=-1, keepdim=True)
        level = level / (level.square().mean(dim=-1, keepdim=True) + 1e-7).sqrt()
        heard = self.model.feature_extractor(level)  # (B, conv channels, T at 50 Hz)
        if self.fold == 1:
            heard = F.interpolate(heard, size=frames, mode="linear", align_corners=True)
        hidden, _ = self.model.feature_projection(heard.transpose(1, 2))
        features: Tensor = self.model.encoder(hidden).last_hidden_state  # (B, n, hidden)
        return features if self.fold == 1 else self._folded(features, frames)

    def _folded(self, hidden: Tensor, frames: int) -> Tensor:
        """(B, n, hidden) -> (B, frames, channels), cut or with its last frame held."""
        missing = max(0, self.fold * frames - hidden.shape[1])
        held = torch.cat([hidden, hidden[:, -1:].expand(-1, missing, -1)], dim=1)
        return held[:, : self.fold * frames].unflatten(1, (frames, self.fold)).flatten(2)


def wav2vec2_config(name: str) -> dict[str, Any]:
    """Return the `transformers.Wav2Vec2Config` of a folder or a hub id as a dictionary.

    Raises:
        UserError: it cannot be found, or is not a wav2vec 2.0.
    """
    try:
        config = AutoConfig.from_pretrained(name, layerdrop=0.0)
    except (OSError, ValueError) as error:
        raise _not_found(name, error) from error
    if config.model_type != "wav2vec2":
        raise UserError(f"{name} is a {config.model_type}; only a wav2vec 2.0 is trained along.")
    plain: dict[str, Any] = config.to_diff_dict()
    return plain


def _not_found(name: str, error: Exception) -> UserError:
    return UserError(
        f"{name} is not a wav2vec 2.0 on this machine or on the hub "
        f"({str(error).splitlines()[0]}); give a folder or another id."
    )
