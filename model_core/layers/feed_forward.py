"""Gated feed-forward network, SwiGLU (Shazeer 2020, arXiv 2002.05202), as in Jamba."""

import torch.nn.functional as F
from torch import Tensor, nn


class FeedForward(nn.Module):
    """``down(silu(gate(x)) * up(x))`` without biases; gate and up share one matrix."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = nn.Linear(dim, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) -> (..., dim)."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)  # (..., hidden) each
        return self.down(F.silu(gate) * up)
