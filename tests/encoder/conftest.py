"""Real speech for the encoders."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.assets import DEMO_SPEECH
from model_core.speech import audio

DEMO = DEMO_SPEECH


@pytest.fixture(scope="session")
def speech() -> NDArray[np.float32]:
    """Twenty seconds of speech that does not repeat at a window's length."""
    demo = audio.load_audio(DEMO)
    return np.concatenate([demo, demo[3000:] * 0.5, demo[::-1], demo[9000:]])[: 20 * 16000]
