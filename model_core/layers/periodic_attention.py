"""Causal self-attention with FaceFormer's periodic bias (Fan et al. 2022, arXiv 2112.05329, eq. 4).

A frame sees those before it the less the more periods they lie back, at a rate of each head's own
(ALiBi, Press et al. 2022); within a period all count the same.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PeriodicCausalAttention(nn.Module):
    """Self-attention over (B, T, dim); `period` is in frames."""

    def __init__(self, dim: int, heads: int, period: int) -> None:
        super().__init__()
        self.heads, self.period = heads, period
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        joint = self.qkv(x).unflatten(-1, (3, self.heads, -1))  # (B, T, 3, heads, head_dim)
        q, k, v = joint.permute(2, 0, 3, 1, 4)  # (B, heads, T, head_dim) each
        bias = periodic_bias(x.shape[1], self.heads, self.period).to(x)  # (heads, T, T)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out(mixed.transpose(1, 2).flatten(2))


def periodic_bias(length: int, heads: int, period: int) -> Tensor:
    """Return (heads, T, T), what is added to the scores of query i and key j; -inf for j > i."""
    frames = torch.arange(length)
    back = frames[:, None] - frames  # (T, T)
    slopes = 2.0 ** (-8.0 * torch.arange(1, heads + 1) / heads)  # (heads,)
    bias = -slopes[:, None, None] * torch.div(back, period, rounding_mode="floor")
    return bias.masked_fill(back < 0, float("-inf"))
