"""Stage 2, space-time powered latent diffusion: noise, speech and a style -> latents."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...layers.diffusion import Diffusion
from ...layers.periodic_attention import PeriodicCausalAttention
from ...layers.standardise import Standardise
from .config import DiffusionConfig


class AlignedCrossAttention(nn.Module):
    """Cross-attention of frame t to the condition of frame t alone (FaceFormer's alignment).

    With one key a query the softmax is 1 whatever the scores, so queries and keys are of no use and
    what is left is the output's map of the value's, which is one linear map.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.value = nn.Linear(width, width)

    def forward(self, condition: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, width)."""
        return self.value(condition)


class DenoisingLayer(nn.Module):
    """Self-attention, cross-attention, a feed-forward network; each normalised after (eq. 12)."""

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        width = config.width
        self.attend = PeriodicCausalAttention(width, config.heads, config.period)
        self.hear = AlignedCrossAttention(width)
        self.feed = nn.Sequential(
            nn.Linear(width, config.hidden), nn.ReLU(), nn.Linear(config.hidden, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x and condition (B, T, width) -> (B, T, width)."""
        x = self.norms[0](x + self.attend(x))
        x = self.norms[1](x + self.hear(condition))
        mixed: Tensor = self.norms[2](x + self.feed(x))
        return mixed


class Denoiser(nn.Module):
    """Noisy latents, their step, speech and a style -> the latents that they are of."""

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        width = config.width
        self.noise = nn.Linear(config.latent, width)  # E_noise
        self.style = nn.Linear(config.styles, width)  # E_s, of a one-hot or a mixture
        self.step = nn.Embedding(config.steps, width)  # E_d: a linear map of a one-hot is a table
        self.speech = nn.Linear(config.inputs, width)  # E_a, on top of the frozen speech encoder
        self.layers = nn.ModuleList(DenoisingLayer(config) for _ in range(config.layers))
        self.out = nn.Linear(width, config.latent)

    def forward(self, latents: Tensor, step: Tensor, speech: Tensor, style: Tensor) -> Tensor:
        """Latents (B, T, latent), step (B,), speech (B, T, inputs), style (B, styles) -> x_0."""
        x = self.noise(latents) + self.style(style)[:, None]  # (B, T, width)
        condition = self.speech(speech) + F.mish(self.step(step))[:, None]  # (B, T, width)
        for layer in self.layers:
            x = layer(x, condition)
        clean: Tensor = self.out(x)
        return clean


class LatentDiffusion(nn.Module):
    """The diffusion of latents, counted from their mean in one deviation for all."""

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        self.config = config
        self.hears = Standardise(config.inputs)
        self.counts = Standardise(config.latent)
        self.denoiser = Denoiser(config)
        self.diffusion = Diffusion(config.steps)

    def forward(
        self, latents: Tensor, step: Tensor, noise: Tensor, speech: Tensor, style: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return what the denoiser makes of latents noised by `step`, and what they were.

        Both (B, T, latent) as counted inside; `latents` and `noise` (B, T, latent), `step` (B,),
        `speech` (B, T, inputs), `style` (B, styles).
        """
        clean = self.counts(latents)
        noised = self.diffusion.noised(clean, step, noise)
        return self.denoiser(noised, step, self.hears(speech), style), clean

    @torch.no_grad()
    def sample(self, noise: Tensor, speech: Tensor, style: Tensor, draws: int) -> Tensor:
        """Return latents (B, T, latent) drawn from noise of that shape in `draws` steps."""
        heard = self.hears(speech)

        def denoise(x: Tensor, step: Tensor) -> Tensor:
            return self.denoiser(x, step, heard, style)

        return self.counts.restore(self.diffusion.sample(denoise, noise, draws))
