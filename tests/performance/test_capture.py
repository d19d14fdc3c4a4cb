"""A recorded face around spoken lips: whose is what, when, and whether lips that close do."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.formats.registry import read_motion, write_motion
from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.performance.capture import with_capture
from model_core.performance.options import CAPTURED, PAUSES, BakeOptions
from model_core.rig.arkit import MOUTH
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE, Samples
from tests.formats.takes import made_up, real_take, write_take

SECONDS = 6.0


@pytest.fixture
def samples() -> Samples:
    """Two seconds of syllables, and silence after them."""
    at = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    syllables = np.abs(np.sin(2 * np.pi * 2 * at)) * np.sin(2 * np.pi * 220 * at)
    return (0.3 * syllables * (at < 2.0)).astype(np.float32)


@pytest.fixture
def spoken() -> Motion:
    """A jaw that swings at 30 fps and closes for a moment four times."""
    frames = np.arange(round(SECONDS * 30))
    weights = np.zeros((len(frames), len(SPEECH_SHAPES)), np.float32)
    weights[:, 0] = 0.2 + 0.1 * np.sin(frames / 5)
    closed = frames % 45 < 3
    weights[closed, SPEECH_SHAPES.index("mouthClose")] = weights[closed, 0]
    return Motion(30.0, SPEECH_SHAPES, load_face_rig().select(SPEECH_SHAPES), weights)


def column(motion: Motion, name: str) -> np.ndarray:
    return motion.weights[:, motion.names.index(name)]


def take_of(folder: Path, fps: float = 60.0, seconds: float = 12.0) -> Path:
    """Write a take whose channels are all lively."""
    values = made_up(round(seconds * fps))
    return write_take(folder / "take.csv", values, times=np.arange(len(values)) / fps)


def bake(path: Path, start: float = 0.0, **more: str) -> BakeOptions:
    return BakeOptions(capture=str(path), capture_start=start, **more)


def test_without_a_capture_nothing_changes(spoken: Motion, samples: Samples) -> None:
    assert with_capture(spoken, samples, BakeOptions()) == (spoken, ())


@pytest.mark.parametrize("fps", [24, 29.97, 60])
@pytest.mark.parametrize("start", [0.0, 2.5])
def test_the_rest_is_the_recording_s_in_time(
    fps: float, start: float, spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    path = take_of(tmp_path, fps)
    take = read_motion(path)
    motion, notes = with_capture(spoken, samples, bake(path, start))
    assert not notes
    assert (motion.fps, motion.frames) == (spoken.fps, spoken.frames)
    at, times = np.arange(motion.frames) / 30 + start, np.arange(take.frames) / take.fps
    for name in ("browInnerUpLeft", "eyeBlinkRight", "noseSneerLeft", "cheekPuffRight"):
        expected = np.interp(at, times, column(take, name))
        np.testing.assert_allclose(column(motion, name), expected, atol=1e-5)
    for turned, before in ((motion.head, take.head), (motion.eyes[:, 1], take.eyes[:, 1])):
        expected = [np.interp(at, times, angle) for angle in before.T]
        np.testing.assert_allclose(turned, np.transpose(expected), atol=1e-5)


def test_the_mouth_is_the_speech_s(spoken: Motion, samples: Samples, tmp_path: Path) -> None:
    motion, _ = with_capture(spoken, samples, bake(take_of(tmp_path)))
    lips = {name for name in motion.names if name.startswith(MOUTH)}
    assert lips == set(SPEECH_SHAPES)
    closing = ("mouthClose", "mouthRollUpper", "jawOpen")  # which keep closed lips closed
    for name in set(SPEECH_SHAPES).difference(closing):
        np.testing.assert_array_equal(column(motion, name), column(spoken, name))
    wide = lip_opening(spoken) > CLOSED_MM + 4
    assert wide.any()
    for name in closing:
        np.testing.assert_array_equal(column(motion, name)[wide], column(spoken, name)[wide])


@pytest.mark.parametrize(("name", "start"), [("S88-001", 0.0), ("alex_rom_4", 20.0)])
def test_lips_that_close_still_do_under_a_real_face(
    name: str, start: float, spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    path = write_take(tmp_path / "take.csv", real_take(name))
    motion, _ = with_capture(spoken, samples, bake(path, start))
    before, after = lip_opening(spoken), lip_opening(motion)
    closed = before < CLOSED_MM
    assert closed.sum() >= 8
    assert (after[closed] < CLOSED_MM).all()
    assert not ((after < CLOSED_MM) & ~closed).any()
    columns = [motion.names.index(shape) for shape in SPEECH_SHAPES]
    only_joined = replace(motion, weights=motion.weights.copy())
    only_joined.weights[:, columns] = spoken.weights
    assert (lip_opening(only_joined)[closed] >= CLOSED_MM).any()  # so it is not for nothing


def test_the_recorded_mouth_shows_in_pauses(
    spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    path = take_of(tmp_path)
    take = read_motion(path)
    still = replace(spoken, weights=spoken.weights * (np.arange(180) < 75)[:, None])
    motion, _ = with_capture(still, samples, bake(path, capture_mouth=PAUSES))
    captured = np.interp(np.arange(180) / 30, np.arange(720) / 60, column(take, "mouthSmileLeft"))
    smile = column(motion, "mouthSmileLeft")
    np.testing.assert_array_equal(smile[:60], 0)
    np.testing.assert_allclose(smile[90:], captured[90:], atol=1e-5)
    assert (np.diff(smile[60:90]) < 0.2).all()
    assert column(motion, "tongueOut")[90:].max() > 0.1


def test_the_recording_can_be_baked_as_it_is(
    spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    path = take_of(tmp_path)
    take = read_motion(path)
    motion, _ = with_capture(spoken, samples, bake(path, 1.0, capture_mouth=CAPTURED))
    assert motion.names == take.names
    np.testing.assert_allclose(motion.weights, take.weights[60:420:2], atol=1e-6)
    np.testing.assert_allclose(motion.head, take.head[60:420:2], atol=1e-6)


@pytest.mark.parametrize(("start", "rests"), [(-2.0, slice(0, 50)), (4.0, slice(-49, None))])
def test_beyond_a_recording_s_ends_the_face_rests_and_it_is_told(
    start: float, rests: slice, spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    path = take_of(tmp_path, seconds=8.0)
    motion, (note,) = with_capture(spoken, samples, bake(path, start))
    assert re.match(r"take\.csv: It does not show (1\.9|2\.0)\d s of the sound", note)
    brow = column(motion, "browDownLeft")
    assert not brow[rests].any() and not motion.head[rests].any()
    assert np.abs(np.diff(brow)).max() < 0.1


def test_a_recording_elsewhere_in_time_is_refused(
    spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    path = take_of(tmp_path)
    for start in (13.0, -7.0):
        with pytest.raises(UserError, match=r"take\.csv lasts 12.00 s and shows nothing from"):
            with_capture(spoken, samples, bake(path, start))


def test_what_was_mended_in_a_recording_is_told(
    spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    path = take_of(tmp_path)
    path.write_text(path.read_text(encoding="utf-8")[:-400], encoding="utf-8")
    _, (note,) = with_capture(spoken, samples, bake(path))
    assert note == "take.csv: The last row is cut short and was left out."


def test_a_missing_recording_is_said(spoken: Motion, samples: Samples, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file at"):
        with_capture(spoken, samples, bake(tmp_path / "gone.csv"))


def test_nameless_shapes_have_no_mouth_to_keep(
    spoken: Motion, samples: Samples, tmp_path: Path
) -> None:
    shape = load_face_rig().basis[:1]
    nameless = Motion(30.0, ("component001",), shape, np.ones((spoken.frames, 1), np.float32))
    write_motion(nameless, tmp_path / "take.npz")
    with pytest.raises(UserError, match=r"and take\.npz does not"):
        with_capture(spoken, samples, bake(tmp_path / "take.npz"))
    with pytest.raises(UserError, match="and the model does not"):
        with_capture(nameless, samples, bake(take_of(tmp_path)))
    whole, _ = with_capture(nameless, samples, bake(take_of(tmp_path), capture_mouth=CAPTURED))
    assert "jawOpen" in whole.names
