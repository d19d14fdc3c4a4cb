"""A small model with random weights on the bundled encoder, and a real sentence."""

from pathlib import Path

import pytest
import torch

from model_core.base.assets import DEMO_SPEECH
from model_core.encoding.registry import EncoderConfig
from model_core.models.jambatalk.face import JambaTalkSettings, save
from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig
from model_core.rig.shapes import SPEECH_SHAPES

STYLES = ("neutral", "wide")


def small_model(folder: Path, **changes: object) -> Path:
    """Write a checkpoint."""
    sizes = {"inputs": 388, "outputs": len(SPEECH_SHAPES), "styles": len(STYLES), "d_model": 24}
    sizes |= {"hidden": 32, "heads": 2, "kv_heads": 1, "lookahead": 2, "window": 30, **changes}
    config = JambaTalkConfig(**sizes)  # type: ignore[arg-type]
    torch.manual_seed(0)
    decoder = JambaTalk(config)
    for parameter in decoder.head.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    names = SPEECH_SHAPES if config.head == "gated" else ()
    settings = JambaTalkSettings(
        encoder=EncoderConfig(), decoder=config, styles=STYLES, names=names
    )
    return save(folder, decoder, settings, "# A model for tests\n", half=True)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with the gated head."""
    return small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def vertex_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with the vertex head, at 30 frames a second."""
    folder = tmp_path_factory.mktemp("vertex_model")
    return small_model(folder, head="vertices", outputs=5023 * 3, fps=30.0)


@pytest.fixture(scope="session")
def sentence() -> Path:
    """A recording of a real sentence."""
    return DEMO_SPEECH
