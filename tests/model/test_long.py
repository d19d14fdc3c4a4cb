"""A sound of more than an hour: in windows it is what one pass over all of it is."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.models.jambatalk import face
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


@torch.inference_mode()
def test_windows_are_one_pass_over_262144_frames() -> None:
    model, style = narrow_model(), torch.zeros(1, dtype=torch.long)
    features = np.random.default_rng(0).normal(size=(FRAMES, 3)).astype(np.float32)

    def decoded(heard: NDArray[np.float32]) -> NDArray[np.float32]:
        outputs: NDArray[np.float32] = model(torch.from_numpy(heard)[None], style)[0].numpy()
        return outputs

    blocks: Iterator[NDArray[np.float32]] = (
        features[first : first + BLOCK] for first in range(0, FRAMES, BLOCK)
    )
    seconds = face._WINDOW_SECONDS, face._BEFORE_SECONDS, face._AFTER_SECONDS
    windows = face._windows(blocks, *(60 * each for each in seconds))
    parts = np.concatenate([decoded(heard)[new] for heard, new in windows])
    whole = decoded(features)
    assert parts.shape == whole.shape == (FRAMES, 4)
    assert whole.std(axis=0).min() > 0.01
    np.testing.assert_allclose(parts, whole, atol=1e-4)
