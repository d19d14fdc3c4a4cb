"""A small model with random weights, its graphs, and a real sentence."""

import os
from pathlib import Path

import pytest
import torch

from model_core.base.assets import DEMO_SPEECH
from model_core.base.lock import alone_at
from model_core.encoding.registry import EncoderConfig
from model_core.models.checkpoint import load_checkpoint
from model_core.models.jambatalk.config import JambaTalkConfig
from model_core.models.jambatalk.export import export_graphs
from model_core.models.jambatalk.face import JambaTalkSettings, save
from model_core.models.jambatalk.network import JambaTalk
from model_core.performance.manners import MANNERS
from model_core.rig.shapes import SPEECH_SHAPES

PATIENCE_SECONDS = 600


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in half precision with an exported decoder, on the bundled encoder.

    It is made once for all processes that test: torch takes long to export a graph.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # whose folders lie in one for this run
        base = base.parent
    folder, made = base / "runtime-model", base / "runtime-model.made"
    with alone_at(made, seconds=PATIENCE_SECONDS):
        if not made.exists():
            make_checkpoint(folder)
            made.touch()
    return folder


def make_checkpoint(folder: Path) -> None:
    """Save a small model with random weights, which hears two layers, and its graphs."""
    config = JambaTalkConfig(
        inputs=772,
        lower=384,
        outputs=len(SPEECH_SHAPES),
        styles=2,
        manners=len(MANNERS),
        d_model=24,
        hidden=32,
        heads=2,
        kv_heads=1,
        lookahead=2,
        window=30,
    )
    torch.manual_seed(0)
    decoder = JambaTalk(config)
    assert decoder.manners is not None and decoder.lower is not None
    torch.nn.init.normal_(decoder.lower.mix.weight, std=0.02)
    for parameter in [*decoder.head.parameters(), decoder.manners.outer.weight]:
        torch.nn.init.normal_(parameter, std=0.2)
    settings = JambaTalkSettings(
        encoder=EncoderConfig(layers=2),
        decoder=config,
        styles=("neutral", "wide"),
        names=SPEECH_SHAPES,
    )
    save(folder, decoder, settings, "# A model for tests\n", encoder_weights=None, half=True)
    export_graphs(load_checkpoint(folder))


@pytest.fixture(scope="session")
def sentence() -> Path:
    """A recording of a real sentence."""
    return DEMO_SPEECH
