"""Fewer key and value heads for a trained model: multi-head to grouped-query attention.

Each new head is the mean of those whose queries it will serve (Ainslie et al. 2023, arXiv
2305.13245, section 2.1). The model hears a little differently afterwards; a few more steps of
training mend that (theirs: 5 % of the first ones).
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from ..base.assets import ENCODER_FILE
from ..base.errors import UserError
from ..base.files import atomic_path
from .checkpoint import CARD_FILE, WEIGHTS_FILE, Checkpoint, save_checkpoint
from .registry import JAMBATALK, TALKING_HEAD
from .talking_head.run import Run

_PROJECTION = "mixer.qkv.weight"
_STATES = ("best.pt", "last.pt")  # of a run


def pooled(
    weights: Mapping[str, Tensor], decoder: Mapping[str, Any], kv_heads: int
) -> dict[str, Tensor]:
    """Return a model's weights with so many key and value heads in every attention.

    Args:
        weights: its state.
        decoder: arguments of its `JambaTalkConfig`.
        kv_heads: a divisor of those it has.

    Raises:
        UserError: it is none.
    """
    heads, before = int(decoder["heads"]), int(decoder["kv_heads"])
    if not 1 <= kv_heads <= before or before % kv_heads:
        raise UserError(f"The model's {before} key heads do not pool to {kv_heads} evenly.")
    return {
        name: _pooled(weight, heads, before, kv_heads) if name.endswith(_PROJECTION) else weight
        for name, weight in weights.items()
    }


def convert_checkpoint(checkpoint: Checkpoint, kv_heads: int, folder: Path) -> None:
    """Write a checkpoint with fewer key and value heads; its graphs are to be exported anew.

    Raises:
        UserError: it is of another kind, or does not pool so.
    """
    config = deepcopy(checkpoint.config)
    decoder = _decoder(config)
    stored = load_file(checkpoint.folder / WEIGHTS_FILE)
    half = any(weight.dtype == torch.float16 for weight in stored.values())
    whole = {name: weight.float() for name, weight in stored.items()}
    weights = pooled(whole, decoder, kv_heads)
    card = (checkpoint.folder / CARD_FILE).read_text(encoding="utf-8")
    encoder = checkpoint.folder / ENCODER_FILE
    note = f"\nIts {decoder['kv_heads']} key and value heads were pooled to {kv_heads}.\n"
    decoder["kv_heads"] = kv_heads
    save_checkpoint(
        folder,
        config,
        weights,
        card=card + note,
        encoder_weights=encoder if encoder.exists() else None,
        half=half,
    )


def convert_run(source: Path, kv_heads: int, folder: Path) -> None:
    """Write a run's folder with fewer key and value heads, to be scored or trained on.

    Raises:
        UserError: it is not whole, or does not pool so.
    """
    run = Run.load(source)
    states = {name: run.load_weights(source / name).state_dict() for name in _STATES}
    fewer = {name: pooled(state, run.decoder, kv_heads) for name, state in states.items()}
    decoder, paper = ({**part, "kv_heads": kv_heads} for part in (run.decoder, run.paper))
    for name, state in fewer.items():
        with atomic_path(folder / name) as path:
            torch.save(state, path)
    replace(run, decoder=decoder, paper=paper).save(folder)


def _decoder(config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of config.json that holds the decoder's sizes."""
    if config.get("kind") == TALKING_HEAD:
        decoder: dict[str, Any] = config["run"]["decoder"]
    elif config.get("kind") == JAMBATALK:
        decoder = config["decoder"]
    else:
        raise UserError("Only a JambaTalk's heads are pooled; give such a checkpoint, or a run.")
    return decoder


def _pooled(projection: Tensor, heads: int, before: int, after: int) -> Tensor:
    """((heads + 2 before) D, dim) -> ((heads + 2 after) D, dim): queries, keys, values."""
    size = projection.shape[0] // (heads + 2 * before)  # D
    queries, *shared = projection.split([heads * size, before * size, before * size])
    means = [
        part.view(after, before // after, size, -1).mean(dim=1).flatten(0, 1) for part in shared
    ]
    return torch.cat([queries, *means])
