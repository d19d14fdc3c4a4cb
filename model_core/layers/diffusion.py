"""Denoising diffusion (Ho et al. 2020) with a cosine schedule (Nichol and Dhariwal 2021).

Samples are drawn by DDIM (Song et al. 2021, arXiv 2010.02502) with eta 0: all that is random is
the noise that it begins with, so the same noise gives the same sample.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ..base.arrays import Floats

_SHIFT = 0.008  # s of Nichol and Dhariwal (eq. 17): keeps the first steps from being too small
_LARGEST_BETA = 0.999

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""Noisy x_n (B, ...) and its step n (B,) -> the x_0 that it thinks it is of."""


def cosine_alphas(steps: int) -> Floats:
    """Return (N,) what is left of the signal's variance after each step (eq. 17)."""
    time = np.arange(steps + 1) / steps
    left = np.cos((time + _SHIFT) / (1 + _SHIFT) * np.pi / 2) ** 2
    betas = np.minimum(1 - left[1:] / left[:-1], _LARGEST_BETA)
    alphas: Floats = np.cumprod(1 - betas)
    return alphas


class Diffusion(nn.Module):
    """N steps from signals to noise, and back."""

    alphas: Tensor  # (N,)

    def __init__(self, steps: int) -> None:
        super().__init__()
        alphas = torch.from_numpy(cosine_alphas(steps)).float()
        self.register_buffer("alphas", alphas, persistent=False)

    @property
    def steps(self) -> int:
        """N."""
        return len(self.alphas)

    def noised(self, x: Tensor, step: Tensor, noise: Tensor) -> Tensor:
        """Return x_n (B, ...) of x_0 by steps n (B,), 0 to N - 1, and noise as large as x_0."""
        left = self.alphas[step].view(-1, *[1] * (x.ndim - 1))
        return left.sqrt() * x + (1 - left).sqrt() * noise

    @torch.no_grad()
    def sample(self, denoise: Denoiser, noise: Tensor, steps: int) -> Tensor:
        """Return the x_0 (B, ...) that noise becomes in `steps` evenly spaced of the N."""
        x, path = noise, self.path(steps)
        for at, after in zip(path, [*path[1:], -1], strict=True):
            clean = denoise(x, torch.full((len(x),), at, device=x.device))
            x = self._towards(clean, x, at, after)
        return x

    def path(self, steps: int) -> list[int]:
        """Return the steps n that a sample goes through, the noisiest first."""
        count = min(steps, self.steps)
        return [round(self.steps - each * self.steps / count) - 1 for each in range(count)]

    def _towards(self, clean: Tensor, x: Tensor, at: int, after: int) -> Tensor:
        """Go from step `at` to `after` (-1: no noise) along what is thought clean (eq. 12)."""
        left = self.alphas[at]
        noise = (x - left.sqrt() * clean) / (1 - left).sqrt()
        kept = self.alphas[after] if after >= 0 else torch.ones_like(left)
        return kept.sqrt() * clean + (1 - kept).sqrt() * noise
