"""Motions and curves in files of every format."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.formats.curve_set import CurveSet
from model_core.formats.registry import (
    CURVE_FORMATS,
    MOTION_FORMATS,
    read_curves,
    read_motion,
    reading_of,
    recognised,
    write_curves,
    write_motion,
)
from model_core.motion.curves import reduce_curves
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig

NAMES = ("jawOpen", "mouthClose", "mouthPucker")


@pytest.fixture
def motion() -> Motion:
    seconds = np.arange(90) / 29.97
    waves = 0.2 + 0.2 * np.sin(seconds[:, None] * [7.0, 11.0, 5.0])
    return Motion(29.97, NAMES, load_face_rig().select(NAMES), waves.astype(np.float32))


@pytest.mark.parametrize("name", MOTION_FORMATS)
def test_a_motion_comes_back(motion: Motion, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"motion{MOTION_FORMATS[name].suffix}"
    assert write_motion(motion, path, name) == ()
    assert recognised(path) == name
    again, notes = reading_of(path)
    assert notes == ()
    assert again.fps == pytest.approx(motion.fps, abs=1e-3)
    assert set(motion.names) <= set(again.names)
    for shape, weights in zip(again.names, again.weights.T, strict=True):
        if shape in motion.names:
            at = motion.names.index(shape)
            np.testing.assert_allclose(weights, motion.weights[:, at], atol=1e-6)
            np.testing.assert_array_equal(again.basis[again.names.index(shape)], motion.basis[at])
        else:
            assert not weights.any()


@pytest.mark.parametrize("name", ["npz", "csv", "livelink"])
def test_head_and_eyes_come_back(motion: Motion, name: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(4).uniform(-0.5, 0.5, (motion.frames, 9)).astype(np.float32)
    turned = replace(motion, head=draw[:, :3], eyes=draw[:, 3:].reshape(-1, 2, 3))
    path = tmp_path / f"motion{MOTION_FORMATS[name].suffix}"
    assert write_motion(turned, path, name) == ()
    again = read_motion(path)
    np.testing.assert_allclose(again.head, turned.head, atol=1e-6)
    np.testing.assert_allclose(again.eyes, turned.eyes, atol=1e-6)


@pytest.mark.parametrize("name", ["a2f", "a2f-csv"])
def test_head_and_eyes_that_have_no_room_are_told(
    motion: Motion, name: str, tmp_path: Path
) -> None:
    turned = replace(motion, head=np.full((motion.frames, 3), 0.1, np.float32))
    (note,) = write_motion(turned, tmp_path / f"m{MOTION_FORMATS[name].suffix}", name)
    assert "headYaw" in note and "left out" in note


@pytest.mark.parametrize("name", ["livelink", "a2f", "a2f-csv"])
def test_shapes_without_names_of_arkit_are_refused(name: str, tmp_path: Path) -> None:
    nameless = Motion(30, ("component001",), np.zeros((1, 9, 3)), np.ones((4, 1)), "other")
    path = tmp_path / f"m{MOTION_FORMATS[name].suffix}"
    with pytest.raises(UserError, match=r"none of them \(component001\); write \.npz"):
        write_motion(nameless, path, name)
    assert not path.exists()


@pytest.mark.parametrize("name", ["livelink", "a2f", "a2f-csv"])
def test_a_name_and_a_suffix_that_disagree_are_refused(
    motion: Motion, name: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=f"format {name} end in"):
        write_motion(motion, tmp_path / "motion.npz", name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "header",
    [
        "Time,JawOpen,mouthClose",
        "time,head__jawOpen,jaw_forward",
        "time,CC_Base_Head.Jaw_Open,CC_Base_Head.Brow_Drop_L",
        "time,blendShape2.jawOpen,browInnerUp",
        "time;JawOpen;EyeBlink_L",
    ],
)
def test_names_of_channels_are_read_in_many_spellings(header: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    between = ";" if ";" in header else ","
    rows = [f"{at / 24:.6f} 0.25 0.5".replace(" ", between) for at in range(48)]
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    motion, notes = reading_of(path)
    assert not notes and motion.fps == 24
    assert len(motion.names) >= 2 and "jawOpen" in motion.names
    np.testing.assert_allclose(motion.weights[:, motion.names.index("jawOpen")], 0.25)


def test_columns_that_are_no_channels_are_told(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("time,jawOpen,loudness\n0,1,7\n0.04,1,7\n", encoding="utf-8")
    motion, notes = reading_of(path)
    assert motion.names == ("jawOpen",)
    assert notes == ("Left out: the columns loudness.",)


def test_a_channel_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("time,eyeBlink_L,EyeBlinkLeft\n0,1,1\n0.04,1,1\n", encoding="utf-8")
    with pytest.raises(UserError, match="eyeBlink_L and EyeBlinkLeft are the same channel"):
        read_motion(path)
    path.write_text("time,browInnerUp,browInnerUpLeft\n0,1,1\n0.04,1,1\n", encoding="utf-8")
    with pytest.raises(UserError, match="keep one kind"):
        read_motion(path)


@pytest.mark.parametrize("suffix", CURVE_FORMATS)
def test_curves_come_back(motion: Motion, suffix: str, tmp_path: Path) -> None:
    curves, error = reduce_curves(motion, 0.1)
    assert error <= 0.1
    path = tmp_path / f"curves{suffix}"
    write_curves(CurveSet(motion.fps, curves, error), path)
    again = read_curves(path)
    frames = np.arange(motion.frames)
    assert (again.fps, again.error_mm) == (motion.fps, error)
    assert list(again.curves) == list(curves)
    for name, curve in curves.items():
        np.testing.assert_allclose(again.curves[name].at(frames), curve.at(frames), atol=1e-4)


@pytest.mark.parametrize("suffix", CURVE_FORMATS)
def test_no_curves_come_back_as_none(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"curves{suffix}"
    write_curves(CurveSet(30.0, {}, 0.0), path)
    assert not read_curves(path).curves


def test_the_suffix_may_be_upper_case(motion: Motion, tmp_path: Path) -> None:
    write_motion(motion, tmp_path / "MOTION.CSV")
    assert read_motion(tmp_path / "MOTION.CSV").frames == motion.frames


@pytest.mark.parametrize("name", ["motion.fbx", "motion"])
def test_an_unknown_format_names_the_known_ones(motion: Motion, name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.npz, \.csv"):
        write_motion(motion, tmp_path / name)
    assert not list(tmp_path.iterdir())


NO_TABLES = (
    "",
    "time,jawOpen\n",
    "frame,jawOpen\n0,1\n1,1\n",
    "time,jawOpen\n0,x\n1,1\n",
    "time,jawOpen\n0,nan\n1,1\n",
    "time,jawOpen\n0,1\n0,1\n",
    "time,jawOpen\n0,1,2\n1,1,2\n",
    "time,Unknown\n0,1\n1,1\n",
)
NO_CURVES = (
    "",
    "[]",
    "{}",
    '{"fps": 30, "error_mm": 0, "curves": {"a": {"frames": [0], "values": [], "arriving": [], '
    '"leaving": []}}}',
    '{"fps": 30, "error_mm": 0, "curves": {"a": {"frames": [1, 0], "values": [0, 0], '
    '"arriving": [0, 0], "leaving": [0, 0]}}}',
)


@pytest.mark.parametrize("text", NO_TABLES)
def test_a_table_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError):
        read_motion(path)


@pytest.mark.parametrize("suffix", CURVE_FORMATS)
@pytest.mark.parametrize("text", NO_CURVES)
def test_curves_that_are_none_are_refused(text: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"curves{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="not a file of curves"):
        read_curves(path)


@pytest.mark.parametrize("read", [read_motion, read_curves])
def test_a_missing_file_is_said(read: object, tmp_path: Path) -> None:
    suffix = ".csv" if read is read_motion else ".json"
    with pytest.raises(UserError, match="There is no file"):
        read(tmp_path / f"nothing{suffix}")  # type: ignore[operator]
