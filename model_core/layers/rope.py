"""Rotary position embedding (JambaTalk eq. 6-8; Su et al. 2021, arXiv 2104.09864).

Channels (2i, 2i + 1) of queries and keys turn by position * 10000^(-2i / D), so that their
product depends on the distance between two frames only. The low-rank learned form (LRL-RoPE)
adds a learned function of the position to the sine and cosine.
"""

import torch
from torch import Tensor, nn


class RotaryEmbedding(nn.Module):
    """Sines and cosines of the rotation for given positions."""

    frequencies: Tensor  # (dim / 2,)

    def __init__(self, dim: int, base: float = 10_000.0) -> None:
        super().__init__()
        exponents = torch.arange(0, dim, 2, dtype=torch.float64) / dim
        frequencies = (base**-exponents).float()
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Frame numbers (T,) -> sine and cosine (T, dim / 2)."""
        angles = positions[:, None] * self.frequencies
        return angles.sin(), angles.cos()


class LowRankRotaryEmbedding(RotaryEmbedding):
    """LRL-RoPE: a rank-limited linear map of the sines and cosines is added to them."""

    def __init__(self, dim: int, rank: int = 16) -> None:
        super().__init__(dim)
        down, up = nn.Linear(dim, rank, bias=False), nn.Linear(rank, dim, bias=False)
        nn.init.zeros_(up.weight)  # plain RoPE before training
        self.proj = nn.Sequential(down, up)

    def forward(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Frame numbers (T,) -> sine and cosine (T, dim / 2), with what was learned added."""
        sine, cosine = super().forward(positions)
        learned_sine, learned_cosine = self.proj(torch.cat((sine, cosine), dim=-1)).chunk(2, -1)
        return sine + learned_sine, cosine + learned_cosine


class NoEmbedding(RotaryEmbedding):
    """No positions: nothing turns, so attention knows no order."""

    def forward(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Frame numbers (T,) -> sines of 0 and cosines of 1, (T, dim / 2)."""
        still = positions[:, None] * torch.zeros_like(self.frequencies)
        return still, still + 1.0


def rotate(x: Tensor, sine: Tensor, cosine: Tensor) -> Tensor:
    """Turn channel pairs of ``x`` (..., T, D) by ``sine`` and ``cosine`` (T, D / 2)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1)
    return turned.flatten(-2).type_as(x)
