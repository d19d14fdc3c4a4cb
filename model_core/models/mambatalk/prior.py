"""Stage 1, a part's motion prior: frames -> tokens -> codes -> frames (section 3.2; VQ-VAE)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...layers.standardise import Standardise
from ...layers.vector_quantiser import Quantised, QuantiserConfig, VectorQuantiser
from .config import PriorConfig

_KERNEL, _SLOPE = 3, 0.2


class Reconstruction(NamedTuple):
    """What a prior makes of a part's motion."""

    motion: Tensor  # (B, T, channels)
    quantised: Quantised  # (B, n, H, C)


class PartPrior(nn.Module):
    """A part's motion as H codes a token, and back.

    The encoder and its mirror, the decoder, keep the number of tokens; their convolutions see three
    of them each. What is quantised has one length (Yu et al. 2022, arXiv 2110.04627, has codes and
    vectors alike so): else a prior makes its vectors ever larger, and the codes stay behind.
    """

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config = config
        frames = config.fold * config.channels
        self.standardise = Standardise(config.channels)
        self.encoder = _stack(frames, config.width, config.latent, config.blocks)
        self.quantiser = VectorQuantiser(
            QuantiserConfig(codes=config.codes, width=config.code_width, patience=config.patience)
        )
        self.quantiser.idle.fill_(config.patience)  # its codes begin where the first vectors are
        self.decoder = _stack(config.latent, config.width, frames, config.blocks)

    def forward(self, motion: Tensor) -> Reconstruction:
        """Encode, quantise and decode motion (B, T, channels)."""
        quantised = self.quantiser(self.encode(motion))
        made = self.decode(quantised.vectors.flatten(2))
        return Reconstruction(made[:, : motion.shape[1]], quantised)

    def encode(self, motion: Tensor) -> Tensor:
        """Return Z (B, n, H, C) of motion (B, T, channels); the last token is filled up."""
        tokens = folded(self.standardise(motion), self.config.fold)  # (B, n, fold channels)
        z: Tensor = self.encoder(tokens.transpose(1, 2)).transpose(1, 2)  # (B, n, H C)
        split = z.unflatten(-1, (self.config.groups, self.config.code_width))
        return F.rms_norm(split, split.shape[-1:])

    def decode(self, latents: Tensor) -> Tensor:
        """Return the motion (B, n fold, channels) of latents (B, n, H C)."""
        tokens: Tensor = self.decoder(latents.transpose(1, 2)).transpose(1, 2)
        frames = tokens.unflatten(-1, (self.config.fold, -1)).flatten(1, 2)
        return self.standardise.restore(frames)


def folded(frames: Tensor, fold: int) -> Tensor:
    """Return frames (B, T, C) as tokens (B, n, fold C); the last frame is held to fill up."""
    held = frames[:, -1:].expand(-1, -frames.shape[1] % fold, -1)
    return torch.cat([frames, held], dim=1).unflatten(1, (-1, fold)).flatten(2)


def _stack(inputs: int, width: int, outputs: int, blocks: int) -> nn.Sequential:
    """Convolution in, residual blocks, convolution out: (B, inputs, n) -> (B, outputs, n)."""
    middle = [_Residual(width) for _ in range(blocks)]
    first, last = _convolution(inputs, width), _convolution(width, outputs)
    return nn.Sequential(first, nn.LeakyReLU(_SLOPE), *middle, last)


class _Residual(nn.Module):
    """Two convolutions around which the input is led."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _convolution(width, width), _convolution(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, n) -> (B, width, n)."""
        changed: Tensor = self.second(F.leaky_relu(self.first(x), _SLOPE))
        return x + changed


def _convolution(inputs: int, outputs: int) -> nn.Conv1d:
    return nn.Conv1d(inputs, outputs, _KERNEL, padding=_KERNEL // 2, padding_mode="replicate")
