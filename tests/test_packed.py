"""A packed motion is small, and the same again but for what no eye sees."""

from dataclasses import replace

import numpy as np
import pytest

from model_core.motion.motion import Motion
from model_core.motion.packed import can_pack, pack, unpack
from tests.speech_like import speech_like


@pytest.mark.parametrize("frames", [1, 2, 300])
def test_a_motion_comes_back(frames: int) -> None:
    motion = speech_like(frames)
    again, about = unpack(pack(motion, {"first": 7}))
    assert about == {"first": 7}
    assert (again.fps, again.names) == (motion.fps, motion.names)
    off = 1000 * np.linalg.norm(again.offsets() - motion.offsets(), axis=2).max()
    assert off < 0.005


def test_loudness_comes_along_and_may_be_missing() -> None:
    loudness = np.linspace(-60.0, 5.0, 90, dtype=np.float32)
    again, _ = unpack(pack(replace(speech_like(90), loudness=loudness), {}))
    assert again.loudness is not None and np.allclose(again.loudness, loudness, atol=1e-2)
    assert unpack(pack(speech_like(90), {}))[0].loudness is None
    breathing = replace(speech_like(90), breath=np.linspace(0.0, 1.0, 90, dtype=np.float32))
    assert np.allclose(unpack(pack(breathing, {}))[0].breath, breathing.breath, atol=1e-3)


def test_head_and_eyes_come_along() -> None:
    rng = np.random.default_rng(0)
    head, eyes = rng.normal(size=(90, 3)), rng.normal(size=(90, 2, 3))
    motion = replace(speech_like(90), head=head.astype(np.float32), eyes=eyes.astype(np.float32))
    again, _ = unpack(pack(motion, {}))
    assert again.head is not None and np.allclose(again.head, motion.head, atol=1e-3)
    assert again.eyes is not None and np.allclose(again.eyes, motion.eyes, atol=1e-3)


def test_a_minute_takes_less_than_100_kb() -> None:
    assert len(pack(speech_like(1800), {})) < 100_000


def test_only_the_rigs_own_shapes_can_be_packed() -> None:
    motion = speech_like(10)
    assert can_pack(motion)
    assert not can_pack(Motion(30.0, motion.names, motion.basis * 2, motion.weights))
    named = tuple(f"dense{k}" for k in range(len(motion.names)))
    assert not can_pack(Motion(30.0, named, motion.basis, motion.weights))
