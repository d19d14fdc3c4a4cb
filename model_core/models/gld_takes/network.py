"""The networks: a plain model that stays as it is, a space of differences, a diffusion in it."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...layers.attention import GroupedQueryAttention
from ...layers.block import JambaLayer
from ...layers.diffusion import Diffusion
from ...layers.feed_forward import FeedForward
from ...layers.norm import RMSNorm
from ...layers.rope import RotaryEmbedding
from ...layers.standardise import Standardise
from ...layers.vector_quantiser import Quantised, QuantiserConfig, VectorQuantiser
from ..jambatalk.config import JambaTalkConfig
from ..jambatalk.network import JambaTalk, side_by_side
from .config import GldTakesConfig


class Plain(NamedTuple):
    """What the plain model makes of a clip."""

    outputs: Tensor  # (B, T, outputs + tongue)
    tokens: Tensor  # (B, T, d_model), as its heads see them, each as often as it has frames


class Mixer(nn.Module):
    """Windowed transformer layers with rotary positions, normalised at the end."""

    def __init__(self, config: GldTakesConfig, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_layer(config) for _ in range(layers))
        self.norm = RMSNorm(config.width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n, width) -> (B, n, width)."""
        for layer in self.layers:
            x, _ = layer(x)
        mixed: Tensor = self.norm(x)
        return mixed


class DifferenceSpace(nn.Module):
    """Differences of rig weights as quantised latents, a quarter as many, and back.

    Differences are counted in `scale`, the root mean square of the training data's.
    """

    scale: Tensor  # ()

    def __init__(self, config: GldTakesConfig, shapes: int) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("scale", torch.ones(()))
        self.fold_in = nn.Linear(config.fold * shapes, config.width)
        self.encoder = Mixer(config, config.space_layers)
        self.to_codes = nn.Linear(config.width, config.latent)
        self.quantiser = VectorQuantiser(
            QuantiserConfig(codes=config.codes, width=config.code_width, patience=config.patience)
        )
        self.quantiser.idle.fill_(config.patience)  # the first batch tells where codes are put
        self.from_codes = nn.Linear(config.latent, config.width)
        self.decoder = Mixer(config, config.space_layers)
        self.fold_out = nn.Linear(config.width, config.fold * shapes)

    def forward(self, differences: Tensor) -> tuple[Tensor, Quantised]:
        """Encode, quantise and decode differences (B, T, K), T a multiple of the fold."""
        quantised = self.quantiser(self.encode(differences))
        return self.decode(quantised.vectors.flatten(2)), quantised

    def encode(self, differences: Tensor) -> Tensor:
        """Return Z (B, n, parts, C) of differences (B, T, K)."""
        folded = (differences / self.scale).unflatten(1, (-1, self.config.fold)).flatten(2)
        z = self.to_codes(self.encoder(self.fold_in(folded)))
        return z.unflatten(-1, (self.config.parts, self.config.code_width))

    def decode(self, latents: Tensor) -> Tensor:
        """Return the differences (B, T, K) of latents (B, n, parts C)."""
        folded = self.fold_out(self.decoder(self.from_codes(latents)))
        return self.scale * folded.unflatten(-1, (self.config.fold, -1)).flatten(1, 2)

    def latents(self, differences: Tensor) -> Tensor:
        """Return the quantised latents (B, n, parts C) of differences (B, T, K)."""
        z = self.encode(differences)
        return self.quantiser.decode(self.quantiser.nearest(z)).flatten(2)


class TakesDiffusion(nn.Module):
    """The diffusion of latents by what the plain model's layers made of the sound, and a style."""

    def __init__(self, config: GldTakesConfig, plain: JambaTalkConfig) -> None:
        super().__init__()
        self.config = config
        self.counts = Standardise(config.latent)
        self.noise = nn.Linear(config.latent, config.width)
        self.style = nn.Linear(plain.styles, config.width)
        self.step = nn.Embedding(config.steps, config.width)
        self.hear = nn.Linear(config.fold // plain.fold * plain.d_model, config.width)
        self.mixer = Mixer(config, config.layers)
        self.out = nn.Linear(config.width, config.latent)
        self.diffusion = Diffusion(config.steps)

    def forward(
        self, latents: Tensor, step: Tensor, noise: Tensor, tokens: Tensor, style: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return what is made of latents noised by `step`, and what they were, as counted inside.

        Both (B, n, latent), as `latents` and `noise`; `step` (B,), `tokens` (B, n, ...), `style`
        (B, styles).
        """
        clean = self.counts(latents)
        return self.denoise(self.diffusion.noised(clean, step, noise), step, tokens, style), clean

    def denoise(self, x: Tensor, step: Tensor, tokens: Tensor, style: Tensor) -> Tensor:
        """Noisy latents as counted inside -> those that they are of; shapes as of `forward`."""
        told = F.mish(self.step(step)) + self.style(style)  # (B, width)
        clean: Tensor = self.out(self.mixer(self.noise(x) + self.hear(tokens) + told[:, None]))
        return clean


class GldTakes(nn.Module):
    """All networks of a checkpoint.

    Args:
        plain: sizes of the model whose takes are drawn; its manners, if it has any, are not used.
        config: of the rest.
    """

    def __init__(self, plain: JambaTalkConfig, config: GldTakesConfig) -> None:
        super().__init__()
        self.config = config
        self.base = JambaTalk(plain)
        self.space = DifferenceSpace(config, plain.outputs)
        self.diffusion = TakesDiffusion(config, plain)

    def plain(self, features: Tensor, style: Tensor) -> Plain:
        """What the plain model makes of features (B, T, inputs) in a style (B, styles)."""
        seen = self.base.forward_with_aux(features, style)
        assert seen.tokens is not None  # of every JambaTalk
        each = seen.tokens.repeat_interleave(self.base.config.fold, dim=1)
        outputs = side_by_side(seen.motion, seen.tongue)
        return Plain(outputs, each[:, : features.shape[1]])

    def decode(self, latents: Tensor) -> Tensor:
        """Latents as counted inside (B, n, latent) -> differences (B, T, K)."""
        return self.space.decode(self.diffusion.counts.restore(latents))


def _layer(config: GldTakesConfig) -> JambaLayer:
    rope = RotaryEmbedding(config.width // config.heads)
    attention = GroupedQueryAttention(config.width, config.heads, config.heads, rope, config.window)
    return JambaLayer(config.width, attention, FeedForward(config.width, 2 * config.width))
