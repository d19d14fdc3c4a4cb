"""Standardisation of inputs by statistics of the training data."""

import torch
from torch import Tensor, nn


class Standardise(nn.Module):
    """Each feature less its mean, over its deviation; the identity until `fit`."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))

    def fit(self, mean: Tensor, deviation: Tensor) -> None:
        """Take the statistics, each (features,); a constant feature is only centred."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.where(deviation > 0, torch.ones(())))

    def forward(self, x: Tensor) -> Tensor:
        """(..., features) -> (..., features)."""
        return (x - self.mean) / self.deviation

    def restore(self, x: Tensor) -> Tensor:
        """Undo it: (..., features) -> (..., features)."""
        return x * self.deviation + self.mean
