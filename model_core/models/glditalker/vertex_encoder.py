"""E^V: a face's vertices -> one vector a frame, by spirals over its mesh or by one linear map."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...base.arrays import Ints
from .config import SpaceConfig


class SpiralConv(nn.Module):
    """One layer (eq. 2): each kept vertex is a linear map of those on its spiral.

    Pooling keeps vertices as they are, so only rows that are kept are computed at all.
    """

    spirals: Tensor  # (n, kernel) rows of what comes in

    def __init__(self, inputs: int, outputs: int, spirals: Ints) -> None:
        super().__init__()
        self.register_buffer("spirals", torch.from_numpy(spirals))
        self.mix = nn.Linear(spirals.shape[1] * inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, V, inputs) -> (B, n, outputs)."""
        around = x[:, self.spirals].flatten(2)  # (B, n, kernel inputs)
        return F.elu(self.mix(around))


class SpiralEncoder(nn.Module):
    """The pyramid: (B, T, V, 3) -> (B, T, width).

    Args:
        config: sizes.
        spirals: of each layer (n, kernel); None: what a checkpoint's weights will say.
    """

    def __init__(self, config: SpaceConfig, spirals: Sequence[Ints] | None) -> None:
        super().__init__()
        unknown = [np.zeros((rows, config.kernel), np.int64) for rows in config.rows]
        channels = (3, *config.channels)
        self.layers = nn.ModuleList(
            SpiralConv(inputs, outputs, rows)
            for inputs, outputs, rows in zip(
                channels, channels[1:], spirals or unknown, strict=False
            )
        )
        self.out = nn.Linear(config.rows[-1] * channels[-1], config.width)

    def forward(self, motion: Tensor) -> Tensor:
        """(B, T, V, 3) -> (B, T, width)."""
        x = motion.flatten(0, 1)  # (B T, V, 3)
        for layer in self.layers:
            x = layer(x)  # (B T, n, channels)
        frames: Tensor = self.out(x.flatten(1))  # (B T, width)
        return frames.unflatten(0, motion.shape[:2])


class LinearEncoder(nn.Module):
    """Table 3's "MLP encoder", which knows no mesh: (B, T, V, 3) -> (B, T, width)."""

    def __init__(self, config: SpaceConfig) -> None:
        super().__init__()
        self.out = nn.Linear(3 * config.vertices, config.width)

    def forward(self, motion: Tensor) -> Tensor:
        """(B, T, V, 3) -> (B, T, width)."""
        return cast(Tensor, self.out(motion.flatten(2)))


def vertex_encoder(config: SpaceConfig, spirals: Sequence[Ints] | None) -> nn.Module:
    """Return E^V as the sizes say."""
    return SpiralEncoder(config, spirals) if config.rows else LinearEncoder(config)
