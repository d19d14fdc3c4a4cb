"""A head that changes what another one says by the manner of speaking; without one, by nothing."""

import torch.nn.functional as F
from torch import Tensor, nn

HIDDEN = 128


class MannerHead(nn.Module):
    """Tokens and their manners -> what these change of `fold` frames a token.

    The same layer is asked with the manner and without, and what counts is the difference, so that
    no manner changes nothing, exactly.
    """

    def __init__(self, inputs: int, manners: int, fold: int, outputs: int) -> None:
        super().__init__()
        self.fold = fold
        self.inner = nn.Linear(inputs, HIDDEN)
        self.manner = nn.Linear(manners, HIDDEN, bias=False)
        self.outer = nn.Linear(HIDDEN, fold * outputs, bias=False)
        nn.init.zeros_(self.outer.weight)  # untrained, no manner changes anything

    def forward(self, x: Tensor, manners: Tensor) -> Tensor:
        """Tokens (B, n, inputs) and manners (B, n, M) -> differences (B, n fold, outputs)."""
        plain = self.inner(x)
        changed = F.silu(plain + self.manner(manners)) - F.silu(plain)
        frames: Tensor = self.outer(changed)
        return frames.unflatten(-1, (self.fold, -1)).flatten(1, 2)
