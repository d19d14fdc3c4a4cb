"""Export the networks of takes by diffusion as ONNX graphs: one step, the loop is numpy's."""

from pathlib import Path

import torch
from torch import Tensor, nn

from ..checkpoint import (
    DECODER_GRAPH,
    DENOISER_GRAPH,
    SPACE_GRAPH,
    Checkpoint,
)
from ..jambatalk.export import MOST_FRAMES, export_module, save_graphs
from .network import GldTakes
from .settings import GldTakesSettings
from .torch_networks import load_gld_takes

_FRAMES, _LATENTS = 333, 83  # examples that no size of the networks equals


def export_gld_takes(checkpoint: Checkpoint) -> list[Path]:
    """Write encoder.onnx, decoder.onnx, denoiser.onnx and space.onnx, and the manifest anew.

    Returns:
        The graphs' files.

    Raises:
        UserError: the checkpoint is damaged.
    """
    settings, folder = GldTakesSettings.from_config(checkpoint.config), checkpoint.folder
    model, plain = load_gld_takes(checkpoint, settings), settings.plain.decoder
    style = torch.full((plain.styles,), 1.0 / plain.styles)
    frames = torch.export.Dim("frames", min=1, max=MOST_FRAMES)
    noise = torch.zeros(_LATENTS, settings.takes.latent)
    tokens = torch.zeros(_LATENTS, settings.takes.fold // plain.fold * plain.d_model)
    step = torch.zeros(1, dtype=torch.long)
    rows = {0: torch.export.Dim.DYNAMIC}  # attention's blocks bear no named one
    made = {
        DECODER_GRAPH: export_module(
            _Plain(model), (torch.zeros(_FRAMES, plain.inputs), style), ({0: frames}, None)
        ),
        DENOISER_GRAPH: export_module(
            _Denoise(model), (noise, step, tokens, style), (rows, None, rows, None)
        ),
        SPACE_GRAPH: export_module(_Decode(model), (noise,), (rows,)),
    }
    return save_graphs(made, folder, settings.plain.encoder.layers)


class _OneClip(nn.Module):
    """Networks without the batch axis."""

    def __init__(self, model: GldTakes) -> None:
        super().__init__()
        self.model = model


class _Plain(_OneClip):
    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        made = self.model.plain(features[None], style[None])
        return torch.cat([made.outputs, made.tokens], dim=-1)[0]


class _Denoise(_OneClip):
    def forward(self, x: Tensor, step: Tensor, tokens: Tensor, style: Tensor) -> Tensor:
        return self.model.diffusion.denoise(x[None], step, tokens[None], style[None])[0]


class _Decode(_OneClip):
    def forward(self, latents: Tensor) -> Tensor:
        return self.model.decode(latents[None])[0]
