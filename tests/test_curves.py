"""Reduced curves stay within their tolerance of every vertex and keep every lip closure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_core.motion.closures import closures, lip_opening
from model_core.motion.curves import Curve, reduce_curves
from model_core.motion.motion import Motion
from model_core.rig.shapes import CLOSED_MM
from tests.speech_like import speech_like

FPS = 30.0


def rebuilt(motion: Motion, curves: dict[str, Curve]) -> Motion:
    """The motion that an animator's curves show on whole frames."""
    weights = np.zeros_like(motion.weights)
    for name, curve in curves.items():
        weights[:, motion.names.index(name)] = curve.at(np.arange(motion.frames))
    return Motion(motion.fps, motion.names, motion.basis, weights)


@pytest.mark.parametrize("tolerance_mm", [0.05, 0.1, 0.5])
def test_no_vertex_strays_beyond_the_tolerance(tolerance_mm: float) -> None:
    motion = speech_like(600)
    curves, error_mm = reduce_curves(motion, tolerance_mm)
    stray = rebuilt(motion, curves).offsets() - motion.offsets()
    worst_mm = 1000 * np.linalg.norm(stray, axis=2).max()
    assert worst_mm <= tolerance_mm
    assert error_mm == pytest.approx(worst_mm, abs=2e-4)


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.0), (1.4, 0.0), (1.0, 0.2), (0.7, 0.1)])
def test_a_curve_goes_through_values_as_it_went_before(gain: float, offset: float) -> None:
    curve = max(reduce_curves(speech_like(120), 0.1)[0].values(), key=lambda c: np.ptp(c.values))
    moved = curve.through(gain * curve.values + offset)
    every = np.arange(0.0, 119.0, 0.25)
    assert np.abs(moved.at(every) - (gain * curve.at(every) + offset)).max() < 0.02
    assert np.array_equal(moved.arriving == moved.leaving, curve.arriving == curve.leaving)


def test_a_curve_of_one_key_takes_another_value() -> None:
    one = Curve.smooth(np.array([3]), np.ones(1), np.zeros(1))
    assert one.through(np.array([0.4])).at(np.array([3.0])) == pytest.approx(0.4)


def test_a_wider_tolerance_needs_fewer_keys() -> None:
    motion = speech_like(600)
    counts = [
        sum(len(curve.frames) for curve in reduce_curves(motion, tolerance)[0].values())
        for tolerance in (0.0, 0.1, 0.3, 1.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < counts[0] / 3


def test_closures_survive_a_tolerance_that_could_hide_them() -> None:
    motion = speech_like(900, seed=3)
    kept = lip_opening(rebuilt(motion, reduce_curves(motion, 1.5)[0]))
    runs = closures(lip_opening(motion))
    assert len(runs) > 10
    assert all(kept[first : last + 1].min() < CLOSED_MM for first, last in runs)


def test_only_shapes_that_move_get_a_curve() -> None:
    motion = speech_like(100)
    motion.weights[:, 4] = 0.0
    used = motion.weights.any(axis=0)
    moving = {name for name, moves in zip(motion.names, used, strict=True) if moves}
    assert 0 < len(moving) < len(motion.names)
    assert set(reduce_curves(motion, 0.1)[0]) == moving


def test_zero_tolerance_keys_every_frame() -> None:
    motion = speech_like(50)
    curves, error_mm = reduce_curves(motion, 0.0)
    assert error_mm == 0.0
    assert all(np.array_equal(curve.frames, np.arange(50)) for curve in curves.values())


def test_a_line_needs_two_keys() -> None:
    basis = np.zeros((1, 4, 3), np.float32)
    basis[0, 0, 0] = 0.01
    ramp = np.linspace(0, 1, 80, dtype=np.float32)[:, None]
    motion = Motion(FPS, ("shape",), basis, ramp, topology="square")
    assert reduce_curves(motion, 0.01)[0]["shape"].frames.tolist() == [0, 79]


@settings(max_examples=40, deadline=None)
@given(
    frames=st.integers(1, 40),
    shapes=st.integers(1, 4),
    seed=st.integers(0, 10_000),
    tolerance_mm=st.floats(0.01, 2.0),
)
def test_any_motion_is_kept_within_any_tolerance(
    frames: int, shapes: int, seed: int, tolerance_mm: float
) -> None:
    rng = np.random.default_rng(seed)
    basis = rng.normal(0, 0.003, (shapes, 6, 3)).astype(np.float32)
    weights = rng.normal(0, 1, (frames, shapes)).astype(np.float32)
    names = tuple(f"shape{index}" for index in range(shapes))
    motion = Motion(FPS, names, basis, weights, topology="hexagon")
    stray = rebuilt(motion, reduce_curves(motion, tolerance_mm)[0]).offsets() - motion.offsets()
    assert 1000 * np.linalg.norm(stray, axis=2).max() <= tolerance_mm + 1e-3


@pytest.mark.parametrize("tolerance_mm", [0.0, 0.1])
def test_a_face_at_rest_has_no_curves(tolerance_mm: float) -> None:
    still = speech_like(60)
    still = Motion(still.fps, still.names, still.basis, still.weights * 0)
    assert reduce_curves(still, tolerance_mm) == ({}, 0.0)


def test_whoever_is_told_can_end_the_work() -> None:
    calls = []

    def tell() -> None:
        calls.append(1)
        if len(calls) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        reduce_curves(speech_like(900), 0.05, tell)
    assert len(calls) == 5
