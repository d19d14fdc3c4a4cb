"""Output head with two regimes of the mouth, lips apart and lips together, and a gate between them.

A regression answers doubt with the mean of what could be, so lips stop half closed, as no
speaker's do. Here doubt falls on the gate, a logistic classifier trained as one: lips are apart or
together. A mixture of two experts (Jacobs et al. 1991, "Adaptive mixtures of local experts", eq. 1)
whose gate is supervised.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Regimes(NamedTuple):
    """Frames of motion in either regime, and which it is."""

    apart: Tensor  # (B, T, outputs)
    together: Tensor  # (B, T, outputs)
    gate: Tensor  # (B, T, 1), log odds of lips together

    def mixed(self, share: Tensor) -> Tensor:
        """Motion (B, T, outputs) with a share (B, T, 1) of lips together."""
        return self.apart + share * (self.together - self.apart)


class RegimeHead(nn.Module):
    """Tokens of `fold` frames -> frames in either regime."""

    def __init__(self, dim: int, fold: int, outputs: int) -> None:
        super().__init__()
        self.fold = fold
        self.apart = nn.Linear(dim, fold * outputs)
        self.together = nn.Linear(dim, fold * outputs)
        self.gate = nn.Linear(dim, fold)
        for layer in (self.apart, self.together, self.gate):  # untrained, the face is at rest
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Regimes:
        """(B, n, dim) -> n fold frames."""
        parts = (self.apart(x), self.together(x), self.gate(x))
        return Regimes(*(part.unflatten(-1, (self.fold, -1)).flatten(1, 2) for part in parts))

    @torch.no_grad()
    def sharpen(self, factor: float) -> None:
        """Multiply the gate's log odds, so that lips spend less time half together."""
        self.gate.weight.mul_(factor)
        self.gate.bias.mul_(factor)

    @torch.no_grad()
    def lean(self, odds: float) -> None:
        """Add to the gate's log odds, so that lips are taken to be together the sooner."""
        self.gate.bias.add_(odds)

    @torch.no_grad()
    def remap(self, matrix: Tensor) -> None:
        """Let both regimes give `outputs @ matrix`, (outputs, outputs), of what they gave."""
        for layer in (self.apart, self.together):
            for values in (layer.weight, layer.bias):  # (fold outputs, ...)
                parts = values.unflatten(0, (self.fold, -1))
                values.copy_(torch.einsum("fi...,ij->fj...", parts, matrix).flatten(0, 1))
