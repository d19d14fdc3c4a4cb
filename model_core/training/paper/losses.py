"""The losses of the paper and of its authors' release."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class PaperLossWeights:
    """Shares of the terms; the first four are the release's.

    Offsets are in metres, so that an error of 1 mm gives a position term of 1e-3.
    """

    position: float = 1000.0
    velocity: float = 1000.0
    lip_features: float = 1e-3
    ctc: float = 1e-4
    balance: float = 1e-5  # of the experts' load: small beside the errors that matter


def reconstruction(
    predicted: Tensor, recorded: Tensor, weights: PaperLossWeights
) -> dict[str, Tensor]:
    """Return the weighted mean squared errors of offsets (..., T, V * 3) and of their steps."""
    steps = predicted.diff(dim=-2), recorded.diff(dim=-2)
    # A sentence of one frame has no step, and the mean over nothing would be NaN.
    velocity = F.mse_loss(*steps) if steps[0].numel() else torch.zeros_like(predicted).sum()
    return {
        "position": weights.position * F.mse_loss(predicted, recorded),
        "velocity": weights.velocity * velocity,
    }
