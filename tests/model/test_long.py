"""A sound of more than an hour: in blocks and windows it is what one pass over all of it is."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model_core.models.jambatalk import face
from model_core.models.jambatalk.carried import CarriedJambaTalk
from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig

FRAMES = 262_144  # 73 minutes at 60 frames a second
BLOCK = 7200  # frames that an encoder tells at once


def narrow_model() -> JambaTalk:
    """A model that forgets within a second, as those that are trained do."""
    sizes = {"inputs": 3, "outputs": 4, "d_model": 8, "hidden": 8, "experts": 2, "fold": 8}
    sizes |= {"d_state": 2, "expand": 1, "heads": 2, "kv_heads": 1, "window": 8, "lookahead": 2}
    torch.manual_seed(0)
    model = JambaTalk(JambaTalkConfig(**sizes)).eval()  # type: ignore[arg-type]
    for name, parameter in model.named_parameters():
        if name.startswith("head."):
            torch.nn.init.normal_(parameter, std=0.5)
        elif name.endswith("dt_proj.bias"):
            torch.nn.init.ones_(parameter)
    return model


Frames = NDArray[np.float32]


@pytest.fixture(scope="module")
def features() -> Frames:
    return np.random.default_rng(0).normal(size=(FRAMES, 3)).astype(np.float32)


@torch.inference_mode()
def decoded(heard: Frames) -> Frames:
    style = torch.zeros(1, dtype=torch.long)
    outputs: Frames = narrow_model()(torch.from_numpy(heard)[None], style)[0].numpy()
    return outputs


@pytest.fixture(scope="module")
def whole(features: Frames) -> Frames:
    outputs = decoded(features)
    assert outputs.shape == (FRAMES, 4)
    assert outputs.std(axis=0).min() > 0.01
    return outputs


def blocks_of(features: Frames) -> Iterator[Frames]:
    return (features[first : first + BLOCK] for first in range(0, FRAMES, BLOCK))


def test_windows_are_one_pass_over_262144_frames(features: Frames, whole: Frames) -> None:
    seconds = face._WINDOW_SECONDS, face._BEFORE_SECONDS, face._AFTER_SECONDS
    windows = face._windows(blocks_of(features), *(60 * each for each in seconds))
    parts = np.concatenate([decoded(heard)[new] for heard, new in windows])
    np.testing.assert_allclose(parts, whole, atol=1e-4)


@torch.inference_mode()
def test_blocks_are_one_pass_over_262144_frames(features: Frames, whole: Frames) -> None:
    carried = CarriedJambaTalk.of(narrow_model(), torch.ones(1, 1))
    assert carried is not None
    clip = torch.from_numpy(features)[None]
    parts = [carried(block, None, False)[0] for block in clip.split(BLOCK, dim=1)]
    parts.append(carried(clip[:, :0], None, True)[0])
    np.testing.assert_allclose(torch.cat(parts), whole, atol=1e-5)
