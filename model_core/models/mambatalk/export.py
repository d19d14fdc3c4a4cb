"""Export a MambaTalk's networks as ONNX graphs: one guess of all parts, the drawing is numpy's."""

from pathlib import Path

import torch
from torch import Tensor, nn

from ..checkpoint import (
    DECODER_GRAPH,
    SPACE_GRAPH,
    Checkpoint,
)
from ..jambatalk.export import export_module, save_graphs
from .face import MambaTalkSettings
from .network import MambaTalk
from .networks import LIVING
from .parts import PARTS

_TOKENS = 83  # an example that no size of the networks equals


def export_mambatalk(checkpoint: Checkpoint) -> list[Path]:
    """Write encoder.onnx, decoder.onnx and space.onnx, and the manifest anew.

    Returns:
        The graphs' files.

    Raises:
        UserError: the checkpoint is damaged.
    """
    settings, folder = MambaTalkSettings.of(checkpoint.config), checkpoint.folder
    model, sizes = MambaTalk(settings.model), settings.model.scans
    checkpoint.fill(model)
    heard = torch.zeros(_TOKENS, sizes.fold * sizes.inputs)
    style = torch.full((sizes.styles,), 1.0 / sizes.styles)
    groups = [settings.model.priors[part].groups for part in PARTS]
    codes = tuple(torch.zeros(_TOKENS, each, dtype=torch.long) for each in groups)
    hidden = tuple(torch.ones(_TOKENS, each, dtype=torch.bool) for each in groups)
    rows = {0: torch.export.Dim.DYNAMIC}  # attention's blocks bear no named one
    known = tuple(rows for _ in (*codes, *hidden))
    made = {
        DECODER_GRAPH: export_module(
            _Guess(model), (heard, style, *codes, *hidden), (rows, None, known)
        ),
        SPACE_GRAPH: export_module(_Decode(model), codes, (tuple(rows for _ in codes),)),
    }
    return save_graphs(made, folder, settings.encoder.layers)


class _OneClip(nn.Module):
    """Networks without the batch axis."""

    def __init__(self, model: MambaTalk) -> None:
        super().__init__()
        self.model = model


class _Guess(_OneClip):
    def forward(self, heard: Tensor, style: Tensor, *known: Tensor) -> tuple[Tensor, ...]:
        ones = [each[None] for each in known]
        codes = dict(zip(PARTS, ones[: len(PARTS)], strict=True))
        hidden = dict(zip(PARTS, ones[len(PARTS) :], strict=True))
        mouth, guesses = self.model.guess(heard[None], style[None], codes, hidden)
        return mouth[0], *(guesses[part].logits[0] for part in LIVING)


class _Decode(_OneClip):
    def forward(self, *codes: Tensor) -> tuple[Tensor, ...]:
        ones = {part: each[None] for part, each in zip(PARTS, codes, strict=True)}
        return tuple(values[0] for values in self.model.decode(ones).values())
