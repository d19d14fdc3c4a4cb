"""Motions and curves in files of every format."""

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


@pytest.mark.parametrize("suffix", MOTION_FORMATS)
def test_a_motion_comes_back(motion: Motion, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"motion{suffix}"
    write_motion(motion, path)
    again = read_motion(path)
    assert again.names == motion.names
    assert again.fps == pytest.approx(motion.fps, abs=1e-3)
    np.testing.assert_allclose(again.weights, motion.weights, atol=1e-6)
    np.testing.assert_array_equal(again.basis, motion.basis)


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
    with pytest.raises(UserError, match=r"\.npz .*\.csv"):
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
