"""The streaming model that ships, and real speech."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.assets import DEMO_SPEECH
from model_core.live.model import LiveModel
from model_core.speech.audio import load_audio

SECOND = 16000


@pytest.fixture(scope="session")
def model() -> LiveModel:
    return LiveModel.load(device="cpu", engine="torch")


@pytest.fixture(scope="session")
def speech() -> NDArray[np.float32]:
    """Two seconds of a sentence, cut so that no frame or spectrum ends with it."""
    return load_audio(DEMO_SPEECH)[: 2 * SECOND - 37]
