"""A network between the one that a training began from and the one that it made."""

from typing import TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


def blended(before: nn.Module, trained: Model, share: float) -> Model:
    """The trained network with weights between those before and its own.

    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models" (arXiv 2109.01903): on what was
    not trained on, the mean of the weights does better than either.

    Args:
        before: of the same shapes.
        trained: changed in place.
        share: of the trained weights, 0 to 1.
    """
    start = before.state_dict()
    weights = trained.state_dict()
    trained.load_state_dict({n: torch.lerp(start[n], value, share) for n, value in weights.items()})
    return trained
