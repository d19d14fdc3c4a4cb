"""Key poses: few frames for all shapes, every vertex within the tolerance, closures kept."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_core.base.assets import DEMO_SPEECH
from model_core.models.predictor import Predictor
from model_core.motion.closures import lip_opening
from model_core.motion.curves import Curve
from model_core.motion.motion import Motion
from model_core.motion.poses import CLOSURE_MM, pose_curves
from model_core.motion.reduction import DENSE, MOST_A_SECOND, TOLERANCE_MM, WIDEST_MM, Reduction
from model_core.performance.options import BakeOptions
from model_core.rig.shapes import CLOSED_MM
from model_core.speech.audio import read_sound
from tests.speech_like import speech_like


def rebuilt(motion: Motion, curves: Mapping[str, Curve]) -> Motion:
    """The motion that an animator's curves show on whole frames."""
    weights = np.zeros_like(motion.weights)
    for name, curve in curves.items():
        weights[:, motion.names.index(name)] = curve.at(np.arange(motion.frames))
    return Motion(motion.fps, motion.names, motion.basis, weights)


def strays(motion: Motion, curves: Mapping[str, Curve]) -> np.ndarray:
    """How many mm the worst vertex of each frame is off."""
    off = rebuilt(motion, curves).offsets() - motion.offsets()
    worst: np.ndarray = 1000 * np.linalg.norm(off, axis=2).max(axis=1)
    return worst


@pytest.fixture(scope="module", params=[24.0, 30.0, 60.0])
def spoken(request: pytest.FixtureRequest) -> Motion:
    return Predictor.load().predict(read_sound(DEMO_SPEECH).samples, request.param)


def test_real_speech_needs_few_poses_and_keeps_its_closures(spoken: Motion) -> None:
    curves, error_mm = BakeOptions().reduction.curves(spoken)
    frames = {tuple(curve.frames) for curve in curves.values()}
    assert len(frames) == 1, "every shape is keyed at the same frames"
    assert len(frames.pop()) <= MOST_A_SECOND * spoken.duration + 1
    worst = strays(spoken, curves)
    assert worst.max() <= (WIDEST_MM if spoken.fps > 30 else TOLERANCE_MM) + 1e-3
    assert error_mm == pytest.approx(worst.max(), abs=1e-3)
    before, after = lip_opening(spoken), lip_opening(rebuilt(spoken, curves))
    assert before is not None
    assert after is not None
    closed = before < CLOSED_MM
    assert closed.sum() > 10
    assert np.abs(after - before)[closed].max() <= CLOSURE_MM + 1e-3


def test_left_and_right_stay_linked(spoken: Motion) -> None:
    names = list(spoken.names)
    left = [names.index(name) for name in names if name.endswith("Left")]
    right = [names.index(name.replace("Left", "Right")) for name in names if "Left" in name]
    weights = spoken.weights.copy()
    weights[:, right] = weights[:, left]
    even = Motion(spoken.fps, spoken.names, spoken.basis, weights)
    curves, _ = pose_curves(even, TOLERANCE_MM)
    for name in curves:
        if name.endswith("Left"):
            other = curves[name.replace("Left", "Right")]
            assert np.array_equal(curves[name].values, other.values)
            assert np.allclose(curves[name].leaving, other.leaving, atol=1e-6)


def test_most_keys_have_one_slope(spoken: Motion) -> None:
    curves, _ = pose_curves(spoken, TOLERANCE_MM)
    corners = [curve.arriving[1:-1] != curve.leaving[1:-1] for curve in curves.values()]
    assert np.mean(corners) < 0.5


def test_a_pause_is_two_poses() -> None:
    motion = speech_like(300)
    motion.weights[100:250] = 0.0
    curves, _ = pose_curves(motion, 0.3)
    frames = next(iter(curves.values())).frames
    assert {100, 249} <= set(frames.tolist())
    assert not ((frames > 100) & (frames < 249)).any()
    assert all(not curve.at(np.arange(100, 250)).any() for curve in curves.values())


@given(
    frames=st.integers(1, 90),
    seed=st.integers(0, 9),
    tolerance_mm=st.sampled_from([0.0, 0.05, 0.3, 2.0]),
)
@settings(deadline=None, max_examples=25)
def test_any_motion_is_kept_within_any_tolerance(
    frames: int, seed: int, tolerance_mm: float
) -> None:
    motion = speech_like(frames, seed=seed)
    curves, _ = pose_curves(motion, tolerance_mm)
    assert strays(motion, curves).max() <= tolerance_mm + 1e-3


def test_a_face_at_rest_has_no_curves() -> None:
    motion = speech_like(30)
    motion.weights[:] = 0.0
    assert pose_curves(motion, 0.3) == ({}, 0.0)


def test_poses_at_given_frames_are_near_and_keep_time(spoken: Motion) -> None:
    curves, _ = pose_curves(spoken, 0.3)
    frames = tuple(next(iter(curves.values())).frames.tolist())
    quieter = spoken.portion(None, 0.9)
    again, error_mm = Reduction(0.3, at=frames).curves(quieter)
    assert all(tuple(curve.frames.tolist()) == frames for curve in again.values())
    assert error_mm <= 0.3
    assert strays(quieter, again).max() < 0.6


def test_poses_at_frames_that_do_no_longer_are_chosen_anew(spoken: Motion) -> None:
    curves, _ = pose_curves(spoken, 0.3)
    frames = tuple(next(iter(curves.values())).frames.tolist())
    late = replace(spoken, weights=np.roll(spoken.weights, 4, axis=0))
    again, error_mm = Reduction(0.3, at=frames).curves(late)
    assert tuple(next(iter(again.values())).frames.tolist()) != frames
    assert error_mm <= 0.3
    assert strays(late, again).max() <= 0.3 + 1e-3


def test_whoever_is_told_can_end_the_work() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        pose_curves(speech_like(200), 0.3, stop)


def test_dense_curves_key_each_shape_on_its_own() -> None:
    motion = speech_like(300)
    dense, _ = Reduction(0.1, DENSE).curves(motion)
    assert len({tuple(curve.frames) for curve in dense.values()}) > 1
