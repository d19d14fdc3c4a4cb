"""Both stages together: speech features, a style and noise -> a motion."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...base.arrays import Ints
from .config import GLDiTalkerConfig
from .latent_diffusion import LatentDiffusion
from .space import QuantisedSpace, VertexSpace


class GLDiTalker(nn.Module):
    """Stage 1's decoder behind stage 2."""

    def __init__(self, config: GLDiTalkerConfig) -> None:
        super().__init__()
        self.config = config
        self.space = space_of(config)
        self.diffusion = LatentDiffusion(config.diffusion)

    @torch.no_grad()
    def forward(self, noise: Tensor, speech: Tensor, style: Tensor) -> Tensor:
        """Noise (B, T, latent), speech (B, T, inputs), style (B, styles) -> (B, T, V, 3)."""
        latents = self.diffusion.sample(noise, speech, style, self.config.draws)
        if self.config.requantise:
            latents = self.space.quantised(latents)
        return self.space.decode(latents)


def space_of(
    config: GLDiTalkerConfig, spirals: Sequence[Ints] | None = None
) -> QuantisedSpace | VertexSpace:
    """Return the space that the diffusion runs in, with fresh weights."""
    return QuantisedSpace(config.space, spirals) if config.space else VertexSpace()
