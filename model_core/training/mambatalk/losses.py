"""The losses of both stages."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models.mambatalk.prior import Reconstruction
from ...models.mambatalk.scans import PartGuess

_LATENT = 3.0  # weight of the latents' error (published)


def prior_losses(
    made: Reconstruction, motion: Tensor, scale: Tensor, maps: Mapping[str, tuple[Tensor, float]]
) -> dict[str, Tensor]:
    """Return stage 1's terms of a part's motion (B, T, channels).

    The published ones are squares of what the face's joint and expressions are off, of vertices,
    and of their velocities and accelerations; with what the quantiser costs.

    Args:
        made: of the motion.
        motion: what it was.
        scale: (channels,) that each channel is counted in.
        maps: by unit, (channels, D) to places, and the mean square of places in training.
    """
    off = (made.motion - motion) / scale
    change = off.diff(dim=1)
    terms = {
        "channels": off.square().mean(),
        "velocity": change.square().mean(),
        "acceleration": change.diff(dim=1).square().mean(),
        "codes": made.quantised.loss,
    }
    for unit, (places, usual) in maps.items():
        error = ((made.motion - motion) @ places).square().sum(dim=-1).mean()
        terms[unit] = error / usual
    return terms


def scan_losses(
    guess: PartGuess, latents: Tensor, codes: Tensor, counted: Tensor
) -> dict[str, Tensor]:
    """Return stage 2's terms of a part: latents' mean square error, and codes' log-likelihood.

    The latents' is a share of what they vary by; unlike the published one it does not depend on how
    large a prior made its codes.

    Args:
        guess: of the scans.
        latents: (B, n, H, C), those of the codes.
        codes: (B, n, H).
        counted: (B, n, H) bool: which of them count.
    """
    usual = latents.var(dim=(0, 1)).mean().clamp(min=1e-8)
    wrong = (guess.latents - latents).square().mean(dim=-1)[counted].mean()
    likely = F.cross_entropy(guess.logits[counted], codes[counted])
    return {"latents": _LATENT * wrong / usual, "codes": likely}


def hidden_codes(shape: tuple[int, ...], least: float, whole: float) -> Tensor:
    """Return which codes (B, n, H) are hidden: of each clip a share of `least` to 1.

    With a chance of `whole` they are all.
    """
    share = torch.empty(shape[0], 1, 1).uniform_(least, 1.0)
    share = torch.where(torch.rand(shape[0], 1, 1) < whole, 1.0, share)
    hidden = torch.rand(shape) < share
    hidden[:, 0, 0] |= ~hidden.flatten(1).any(dim=1)  # something is asked of every clip
    return hidden
