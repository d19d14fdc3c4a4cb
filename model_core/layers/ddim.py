"""Samples of a denoising diffusion by DDIM (Song et al. 2021, arXiv 2010.02502), eta 0.

All that is random is the noise that a sample begins with. Nothing here needs torch: arrays and
tensors are drawn alike.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, TypeVar

import numpy as np

from ..base.arrays import Floats

Values = TypeVar("Values", bound=Any)

_SHIFT = 0.008  # s of Nichol and Dhariwal (eq. 17): keeps the first steps from being too small
_LARGEST_BETA = 0.999


def cosine_alphas(steps: int) -> Floats:
    """Return (N,) what is left of the signal's variance after each step (eq. 17)."""
    time = np.arange(steps + 1) / steps
    left = np.cos((time + _SHIFT) / (1 + _SHIFT) * np.pi / 2) ** 2
    betas = np.minimum(1 - left[1:] / left[:-1], _LARGEST_BETA)
    alphas: Floats = np.cumprod(1 - betas)
    return alphas


def path(steps: int, draws: int) -> list[int]:
    """Return the steps n of N that a sample goes through, the noisiest first."""
    count = min(draws, steps)
    return [round(steps - each * steps / count) - 1 for each in range(count)]


def sampled(
    denoise: Callable[[Values, int], Values], noise: Values, alphas: Sequence[float], draws: int
) -> Values:
    """Return the x_0 that noise becomes in some evenly spaced of the N steps.

    Args:
        denoise: noisy x_n and n -> the x_0 that it thinks it is of.
        noise: x_N.
        alphas: (N,) as of `cosine_alphas`.
        draws: how many steps.
    """
    x, steps = noise, path(len(alphas), draws)
    for at, after in zip(steps, [*steps[1:], -1], strict=True):
        clean = denoise(x, at)
        kept = alphas[after] if after >= 0 else 1.0
        rest = (x - sqrt(alphas[at]) * clean) / sqrt(1.0 - alphas[at])
        x = sqrt(kept) * clean + sqrt(1.0 - kept) * rest  # eq. 12
    return x
