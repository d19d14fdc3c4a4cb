"""E^T and D^T: transformers over the frames of a whole clip, as CodeTalker builds them."""

from math import log

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import SpaceConfig

_KERNEL = 5  # frames
_SLOPE = 0.2


class TemporalTransformer(nn.Module):
    """Convolution, normalisation over the clip, positions, transformer: (B, T, width) -> the same.

    The normalisation takes each channel's mean and deviation over the clip, as InstanceNorm does.
    """

    def __init__(self, config: SpaceConfig) -> None:
        super().__init__()
        width = config.width
        self.convolve = nn.Conv1d(
            width, width, _KERNEL, padding=_KERNEL // 2, padding_mode="replicate"
        )
        layer = nn.TransformerEncoderLayer(
            width,
            config.heads,
            config.hidden,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.transformer = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, width)."""
        x = F.leaky_relu(self.convolve(x.transpose(1, 2)), _SLOPE).transpose(1, 2)
        x = _over_the_clip(x) + positions(x.shape[1], x.shape[2]).to(x)
        mixed: Tensor = self.transformer(x)
        return mixed


def _over_the_clip(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Each channel of (B, T, width) less its mean over time, over its deviation."""
    centred = x - x.mean(dim=1, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(dim=1, keepdim=True) + eps)


def positions(length: int, width: int) -> Tensor:
    """Return sinusoidal positions (T, width) (Vaswani et al. 2017)."""
    rates = torch.exp(torch.arange(0, width, 2) * (-log(10000.0) / width))  # (width / 2,)
    angles = torch.arange(length)[:, None] * rates  # (T, width / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
