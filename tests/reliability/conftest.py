"""A small model with random weights."""

from pathlib import Path

import pytest

from model_core.encoding.registry import EncoderConfig
from model_core.models.jambatalk.config import JambaTalkConfig
from model_core.models.jambatalk.face import JambaTalkSettings, save
from model_core.models.jambatalk.network import JambaTalk
from model_core.rig.shapes import SPEECH_SHAPES


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint on the bundled encoder."""
    config = JambaTalkConfig(
        inputs=388, outputs=21, d_model=24, hidden=32, heads=2, kv_heads=1, window=30
    )
    settings = JambaTalkSettings(
        encoder=EncoderConfig(), decoder=config, styles=("neutral",), names=SPEECH_SHAPES
    )
    folder = tmp_path_factory.mktemp("model")
    return save(folder, JambaTalk(config), settings, "# Faults\n", encoder_weights=None)
