"""``python -m model_core curves`` as a user runs it."""

from pathlib import Path

import numpy as np
import pytest

from model_core.__main__ import main
from model_core.base.units import MM_PER_M
from model_core.formats.curve_set import CurveSet
from model_core.formats.registry import CURVE_FORMATS, MOTION_FORMATS, read_curves, write_motion
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig

NAMES = ("jawOpen", "mouthClose", "mouthPucker")


@pytest.fixture
def motion() -> Motion:
    seconds = np.arange(90) / 30
    waves = 0.2 + 0.2 * np.sin(seconds[:, None] * [7.0, 11.0, 5.0])
    return Motion(30.0, NAMES, load_face_rig().select(NAMES), waves.astype(np.float32))


def strays_mm(motion: Motion, curves: CurveSet) -> float:
    """How far any vertex is from its place in the motion, at any frame."""
    frames = np.arange(motion.frames)
    reduced = np.stack([curves.curves[name].at(frames) for name in motion.names], axis=1)
    moved = np.einsum("tk,kvc->tvc", reduced - motion.weights, motion.basis)
    return float(np.linalg.norm(moved, axis=2).max()) * MM_PER_M


@pytest.mark.parametrize("source", MOTION_FORMATS)
@pytest.mark.parametrize("target", CURVE_FORMATS)
def test_every_motion_file_becomes_curves_of_every_format(
    motion: Motion, source: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / f"motion{MOTION_FORMATS[source].suffix}"
    output = tmp_path / f"curves{target}"
    write_motion(motion, given, source)
    assert main(["curves", str(given), "-o", str(output), "--tolerance", "0.3"]) == 0
    curves = read_curves(output)
    assert curves.fps == pytest.approx(motion.fps)
    assert curves.error_mm <= 0.3
    assert strays_mm(motion, curves) == pytest.approx(curves.error_mm, abs=2e-3)
    keys = sum(len(curve.frames) for curve in curves.curves.values())
    assert keys < motion.weights.size / 2
    assert f"3 curves with {keys} keys for 90 frames" in capsys.readouterr().out


def test_strength_and_a_tolerance_of_nothing(motion: Motion, tmp_path: Path) -> None:
    given, output = tmp_path / "motion.npz", tmp_path / "curves.json"
    write_motion(motion, given)
    arguments = ["curves", str(given), "-o", str(output), "--tolerance", "0", "--strength", "0.5"]
    assert main(arguments) == 0
    curves = read_curves(output).curves
    for index, name in enumerate(NAMES):
        assert len(curves[name].frames) == motion.frames
        np.testing.assert_allclose(curves[name].values, motion.weights[:, index] / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "output", "says"),
    [
        ("motion.npz", "curves.txt", "unknown format '.txt'; choose from .json"),
        ("motion.npz", "motion.npz", "is the motion itself"),
        ("gone.npz", "curves.json", "There is no motion file"),
        ("motion.fbx", "curves.json", "unknown format '.fbx'; choose from .npz"),
        ("motion.npz", "none/such/curves.json/x.json", "Cannot write"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    motion: Motion,
    given: str,
    output: str,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_motion(motion, tmp_path / "motion.npz")
    before = (tmp_path / "motion.npz").read_bytes()
    (tmp_path / "none").touch()
    assert main(["curves", str(tmp_path / given), "-o", str(tmp_path / output)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert says in error
    assert len(error.splitlines()) == 1
    assert (tmp_path / "motion.npz").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"motion.npz", "none"}
