"""A small head beside a model's own, for what that was not trained on: the rest stays as it is."""

import torch.nn.functional as F
from torch import Tensor, nn

HIDDEN = 96


class SideHead(nn.Module):
    """What a model heard and made of it, token by token -> frames of other outputs."""

    def __init__(self, inputs: int, fold: int, outputs: int) -> None:
        super().__init__()
        self.fold = fold
        self.inner = nn.Linear(inputs, HIDDEN)
        self.outer = nn.Linear(HIDDEN, fold * outputs)
        nn.init.zeros_(self.outer.weight)  # untrained, nothing moves
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n, inputs) -> (B, n fold, outputs)."""
        frames: Tensor = self.outer(F.silu(self.inner(x)))
        return frames.unflatten(-1, (self.fold, -1)).flatten(1, 2)
