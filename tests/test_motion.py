"""Motion: dense offsets, factorising, files and frame rates."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.motion.closures import closures, lip_opening
from model_core.motion.factorise import factorise
from model_core.motion.motion import Motion
from model_core.motion.resampling import at_frames, resample
from model_core.rig.rig import load_face_rig


def talking(frames: int = 120, fps: float = 60) -> Motion:
    """A jaw that swings at 4 Hz on the shipped rig, with one 2-frame closure at frames 61-62."""
    rig = load_face_rig()
    names = ("jawOpen", "mouthClose")
    time = np.arange(frames) / fps
    jaw = 0.25 + 0.1 * np.sin(2 * np.pi * 4 * time)
    close = np.zeros(frames)
    close[61:63] = jaw[61:63]
    weights = np.stack([jaw, close], axis=1).astype(np.float32)
    return Motion(fps, names, rig.select(names), weights)


def test_offsets_are_weights_times_basis() -> None:
    motion = talking(8)
    expected = np.einsum("tk,kvc->tvc", motion.weights, motion.basis)
    np.testing.assert_allclose(motion.offsets(), expected, atol=1e-7)


@pytest.mark.parametrize("dense", [False, True])
def test_file_round_trip(tmp_path: Path, dense: bool) -> None:
    motion = talking(10)
    motion.save(tmp_path / "m.npz", dense=dense)
    loaded = Motion.load(tmp_path / "m.npz")
    assert (loaded.fps, loaded.names, loaded.topology) == (60, motion.names, "flame5023")
    np.testing.assert_array_equal(loaded.weights, motion.weights)
    np.testing.assert_array_equal(loaded.basis, motion.basis)
    with np.load(tmp_path / "m.npz") as arrays:
        assert ("offsets" in arrays) == dense
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]


def looking(motion: Motion) -> Motion:
    """The same with a head that turns left at a constant speed, and eyes that turn back."""
    turn = np.linspace(0, 0.5, motion.frames, dtype=np.float32)
    head = np.stack([turn, 0 * turn, -turn], axis=1)
    return replace(motion, head=head, eyes=np.stack([-head, -head / 2], axis=1))


def test_a_file_keeps_head_and_eyes_and_an_old_one_has_none(tmp_path: Path) -> None:
    motion = looking(talking(10))
    motion.save(tmp_path / "turned.npz")
    loaded = Motion.load(tmp_path / "turned.npz")
    np.testing.assert_array_equal(loaded.head, motion.head)
    np.testing.assert_array_equal(loaded.eyes, motion.eyes)
    talking(10).save(tmp_path / "old.npz")
    with np.load(tmp_path / "old.npz") as arrays:
        assert set(arrays) == {"fps", "names", "weights", "basis", "topology"}
    old = Motion.load(tmp_path / "old.npz")
    assert old.head is None and old.eyes is None


@pytest.mark.parametrize("fps", [24, 29.97, 90])
def test_head_and_eyes_keep_their_time_at_another_frame_rate(fps: float) -> None:
    motion = looking(talking(121, 60))
    result = resample(motion, fps)
    seconds = np.arange(result.frames) / fps
    speed = 0.5 / 2  # radians a second
    np.testing.assert_allclose(result.head[:, 0], np.minimum(seconds, 2) * speed, atol=1e-5)
    np.testing.assert_allclose(result.eyes[:, 1, 2], np.minimum(seconds, 2) * speed / 2, atol=1e-5)


def test_a_strength_is_of_the_face_not_of_the_head() -> None:
    motion = looking(talking(20))
    part = motion.portion(5, 0.5)
    np.testing.assert_array_equal(part.head, motion.head[:5])
    np.testing.assert_array_equal(part.eyes, motion.eyes[:5])
    np.testing.assert_allclose(part.weights, motion.weights[:5] / 2)


def test_a_head_or_eyes_of_another_length_are_refused() -> None:
    motion = talking(8)
    with pytest.raises(UserError, match=r"needs head of \(8, 3\)"):
        replace(motion, head=np.zeros((7, 3), np.float32))
    with pytest.raises(UserError, match=r"needs eyes of \(8, 2, 3\)"):
        replace(motion, eyes=np.zeros((8, 3), np.float32))
    with pytest.raises(UserError, match="head holds numbers that are not finite"):
        replace(motion, head=np.full((8, 3), np.nan, np.float32))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"bad\.npz is not a motion file"):
        Motion.load(tmp_path / "bad.npz")


def test_a_pickled_array_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", fps=np.array([object()], dtype=object))
    with pytest.raises(UserError, match="not a motion file"):
        Motion.load(tmp_path / "evil.npz")


def test_parts_that_disagree_are_refused() -> None:
    basis = np.zeros((2, 5, 3), np.float32)
    with pytest.raises(UserError, match="weights"):
        Motion(30, ("a", "b"), basis, np.zeros((4, 3), np.float32))
    with pytest.raises(UserError, match="finite"):
        Motion(30, ("a", "b"), basis, np.full((4, 2), np.nan, np.float32))


@pytest.mark.parametrize("tolerance", [1.0, 0.05, 0.005])
def test_factorise_keeps_its_tolerance(tolerance: float) -> None:
    rng = np.random.default_rng(3)
    shapes = rng.standard_normal((12, 300, 3)).astype(np.float32) * 1e-3
    falling = rng.standard_normal((90, 12)) * 0.5 ** np.arange(12)
    offsets = np.einsum("tk,kvc->tvc", falling, shapes).astype(np.float32)
    motion, error = factorise(offsets, 30, tolerance_mm=tolerance)
    measured = np.linalg.norm(motion.offsets() - offsets, axis=-1).max() * 1000
    assert error <= tolerance
    assert measured == pytest.approx(error, abs=2e-3)
    assert np.abs(motion.weights).max(axis=0) == pytest.approx(1)


def test_a_looser_tolerance_needs_fewer_shapes() -> None:
    rng = np.random.default_rng(5)
    offsets = (rng.standard_normal((60, 8)) * 0.3 ** np.arange(8)) @ rng.standard_normal((8, 600))
    dense = (offsets * 1e-3).reshape(60, 200, 3).astype(np.float32)
    loose, tight = (len(factorise(dense, 30, tolerance_mm=mm)[0].names) for mm in (1.0, 0.01))
    assert loose < tight <= 8


@pytest.mark.parametrize("fps", [24, 25, 29.97, 30, 60, 120])
def test_resampling_keeps_time_and_closures(fps: float) -> None:
    motion = talking()
    result = resample(motion, fps)
    assert result.duration == pytest.approx(motion.duration, abs=0.5 / fps)
    runs = closures(lip_opening(result))
    assert len(runs) == 1
    first, last = runs[0]
    assert first / fps - 1 / fps <= 62 / 60 and last / fps + 1 / fps >= 61 / 60


def test_resampling_follows_the_curve() -> None:
    motion = talking()
    result = resample(motion, 25)
    time = np.arange(result.frames) / 25
    expected = np.interp(time, np.arange(motion.frames) / 60, motion.weights[:, 0])
    closure = closures(lip_opening(result))[0][0]
    away = np.abs(np.arange(result.frames) - closure) > 1
    np.testing.assert_allclose(result.weights[away, 0], expected[away], atol=1e-6)


def test_a_closure_outside_a_window_is_not_brought_into_it() -> None:
    for window in (np.arange(0.0, 40.0, 1.3), np.arange(80.0, 119.0, 1.3)):
        assert not closures(lip_opening(at_frames(talking(), window)))


def test_plain_sampling_would_lose_the_closure() -> None:
    motion = talking()
    jaw = motion.weights[:, 0] - motion.weights[:, 1]
    every_24th = np.interp(np.arange(48) / 24, np.arange(120) / 60, jaw)
    assert every_24th.min() > 0.05  # so the closure in resample() is its own doing
