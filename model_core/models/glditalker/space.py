"""Stage 1, the graph-enhanced quantised space: M -> E^V -> E^T -> Q -> D^T -> D^V -> M^."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...base.arrays import Ints
from ...layers.vector_quantiser import Quantised, QuantiserConfig, VectorQuantiser
from .config import SpaceConfig
from .temporal import TemporalTransformer
from .vertex_encoder import vertex_encoder


class Reconstruction(NamedTuple):
    """What stage 1 makes of a motion."""

    motion: Tensor  # (B, T, V, 3), in the motion's unit
    quantised: Quantised  # (B, T, H, C)


class QuantisedSpace(nn.Module):
    """Motions as H codes a frame, and back.

    Motions are offsets from the neutral in any unit; inside they are counted in `scale`, the root
    mean square of the training data's, so that L1 and the codes' loss are of one size.

    Args:
        config: sizes.
        spirals: of each graph layer; None: what a checkpoint's weights will say.
    """

    scale: Tensor  # ()

    def __init__(self, config: SpaceConfig, spirals: Sequence[Ints] | None = None) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("scale", torch.ones(()))
        self.encode_vertices = vertex_encoder(config, spirals)
        self.encode_time = TemporalTransformer(config)
        self.to_codes = nn.Linear(config.width, config.latent)
        self.quantiser = VectorQuantiser(
            QuantiserConfig(codes=config.codes, width=config.code_width, patience=config.patience)
        )
        self.from_codes = nn.Linear(config.latent, config.width)
        self.decode_time = TemporalTransformer(config)
        self.decode_vertices = nn.Linear(config.width, 3 * config.vertices, bias=False)

    def forward(self, motion: Tensor) -> Reconstruction:
        """Encode, quantise and decode motion (B, T, V, 3)."""
        quantised = self.quantiser(self.encode(motion))
        return Reconstruction(self.decode(quantised.vectors.flatten(2)), quantised)

    def encode(self, motion: Tensor) -> Tensor:
        """Return Z (B, T, H, C) of motion (B, T, V, 3)."""
        frames = self.encode_vertices(motion / self.scale)  # (B, T, width)
        z = self.to_codes(self.encode_time(frames))  # (B, T, H C)
        return z.unflatten(-1, (self.config.parts, self.config.code_width))

    def decode(self, latents: Tensor) -> Tensor:
        """Return the motion (B, T, V, 3) of latents (B, T, H C)."""
        frames = self.decode_time(self.from_codes(latents))  # (B, T, width)
        return self.scale * self.decode_vertices(frames).unflatten(-1, (-1, 3))

    def latents(self, motion: Tensor) -> Tensor:
        """Return the quantised latents (B, T, H C) of motion (B, T, V, 3): stage 2's Z0."""
        return self.quantised(self.encode(motion).flatten(2))

    def quantised(self, latents: Tensor) -> Tensor:
        """Return the nearest codes (B, T, H C) of latents (B, T, H C)."""
        z = latents.unflatten(-1, (self.config.parts, self.config.code_width))
        return self.quantiser.decode(self.quantiser.nearest(z)).flatten(2)


class VertexSpace(nn.Module):
    """Table 3's "without stage 1": the latents are the vertices themselves."""

    def decode(self, latents: Tensor) -> Tensor:
        """Return the motion (B, T, V, 3) that latents (B, T, 3 V) are."""
        return latents.unflatten(-1, (-1, 3))

    def latents(self, motion: Tensor) -> Tensor:
        """Return the latents (B, T, 3 V) that motion (B, T, V, 3) is."""
        return motion.flatten(2)

    def quantised(self, latents: Tensor) -> Tensor:
        """Return latents (B, T, 3 V) as they are; there are no codes."""
        return latents
