"""The losses of both stages, in what the networks count in."""

import torch.nn.functional as F
from torch import Tensor

from ...layers.vector_quantiser import perplexity
from ...models.glditalker.space import QuantisedSpace


def space_losses(space: QuantisedSpace, motion: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Return stage 1's loss (eq. 5) of motion (B, T, V, 3), and its terms with the perplexity.

    L1 in units of the space's scale, and what the quantiser costs, one to one.
    """
    made = space(motion)
    l1 = F.l1_loss(made.motion, motion) / space.scale
    quantised = made.quantised
    used = perplexity(quantised.indices, space.config.codes)
    return l1 + quantised.loss, {"l1": l1, "codes": quantised.loss, "perplexity": used}


def latent_losses(predicted: Tensor, clean: Tensor) -> dict[str, Tensor]:
    """Return stage 2's terms (eq. 13 to 15): Huber's loss of latents (B, T, D) and of their steps.

    Eq. 13 prints one of them twice; that the other is meant is clear from 14 and 15.
    """
    steps = predicted.diff(dim=1), clean.diff(dim=1)
    # A sentence of one frame has no step, and the mean over nothing would be NaN.
    velocity = F.huber_loss(*steps) if steps[0].numel() else predicted.sum() * 0
    return {"latents": F.huber_loss(predicted, clean), "velocity": velocity}
