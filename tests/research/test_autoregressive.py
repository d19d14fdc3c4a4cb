"""Eq. 1: teacher forcing, prediction frame by frame, and a constant cost per frame."""

import pytest
import torch
from torch import Tensor

from model_core.models.jambatalk.autoregressive import AutoregressiveJambaTalk, AutoregressiveState
from model_core.models.jambatalk.config import TABLE_2
from model_core.models.jambatalk.network import JambaTalkConfig


def _model(arrangement: str = "MoE-MoE", window: int | None = 8) -> AutoregressiveJambaTalk:
    torch.manual_seed(0)
    config = JambaTalkConfig(
        inputs=5,
        outputs=6,
        styles=3,
        head="vertices",
        fps=30.0,
        arrangement=arrangement,
        d_model=16,
        hidden=16,
        heads=2,
        kv_heads=1,
        window=window,
    )
    model = AutoregressiveJambaTalk(config, motion_width=4).eval()
    torch.nn.init.normal_(model.decoder.head.weight, std=0.3)
    return model


@pytest.mark.parametrize("arrangement", TABLE_2)
@torch.no_grad()
def test_taught_by_its_own_frames_a_clip_equals_its_steps(arrangement: str) -> None:
    model = _model(arrangement)
    features, style = torch.randn(2, 40, 5), torch.tensor([0, 2])
    frames = model(features, style)
    taught = model.forward_with_aux(features, style, teacher=frames).motion
    torch.testing.assert_close(taught, frames, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_each_frame_depends_on_earlier_frames_only() -> None:
    model = _model()
    features, style, teacher = torch.randn(1, 30, 5), torch.tensor([1]), torch.randn(1, 30, 6)
    frames = model.forward_with_aux(features, style, teacher).motion
    changed = teacher.clone()
    changed[:, 10] += 1
    other = model.forward_with_aux(features, style, changed).motion
    change = (frames - other).abs().amax(dim=(0, 2))
    assert change[:11].max() < 1e-6  # experts given more frames at once may round otherwise
    assert change[11] > 1e-4


@torch.no_grad()
def test_the_state_stops_growing_and_there_is_no_longest_clip() -> None:
    model = _model(window=None)
    style, state = torch.tensor([0]), model.init_state(1)
    sizes = []
    for _ in range(700):  # FaceFormer ends at 600
        frame, state = model.step(torch.randn(1, 5), style, state)
        sizes.append(_numbers(state))
    assert torch.isfinite(frame).all()
    assert sizes[699] == sizes[100] > sizes[10]


def _numbers(state: AutoregressiveState) -> int:
    """How many numbers a state holds."""
    tensors = [part for layer in state.decoder.layers for part in layer if isinstance(part, Tensor)]
    return state.previous.numel() + sum(tensor.numel() for tensor in tensors)
