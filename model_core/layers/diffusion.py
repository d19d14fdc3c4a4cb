"""Denoising diffusion (Ho et al. 2020) with a cosine schedule (Nichol and Dhariwal 2021).

Samples are drawn by `ddim`, so the same noise gives the same sample.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from . import ddim

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""Noisy x_n (B, ...) and its step n (B,) -> the x_0 that it thinks it is of."""


class Diffusion(nn.Module):
    """N steps from signals to noise, and back."""

    alphas: Tensor  # (N,)

    def __init__(self, steps: int) -> None:
        super().__init__()
        alphas = torch.from_numpy(ddim.cosine_alphas(steps)).float()
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

        def at_step(x: Tensor, step: int) -> Tensor:
            return denoise(x, torch.full((len(x),), step, device=x.device))

        return ddim.sampled(at_step, noise, self.alphas.tolist(), steps)
