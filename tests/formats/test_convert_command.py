"""``python -m model_core convert`` as a user runs it."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from model_core.__main__ import main
from model_core.formats.registry import MOTION_FORMATS, read_motion, recognised, write_motion
from model_core.motion.motion import Motion
from model_core.motion.resampling import resample
from model_core.rig.rig import load_face_rig
from tests.formats.takes import made_up, write_take

NAMES = ("jawOpen", "mouthClose", "mouthLeft")


@pytest.fixture
def motion() -> Motion:
    seconds = np.arange(60) / 30
    waves = 0.2 + 0.2 * np.sin(seconds[:, None] * [7.0, 11.0, 5.0])
    return Motion(30.0, NAMES, load_face_rig().select(NAMES), waves.astype(np.float32))


def weights(motion: Motion) -> np.ndarray:
    return motion.weights[:, [motion.names.index(name) for name in NAMES]]


@pytest.mark.parametrize(("source", "target"), list(permutations(MOTION_FORMATS, 2)))
def test_any_format_becomes_any_other(
    motion: Motion, source: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / f"in{MOTION_FORMATS[source].suffix}"
    output = tmp_path / f"out{MOTION_FORMATS[target].suffix}"
    write_motion(motion, given, source)
    assert main(["convert", str(given), str(output), "--format", target]) == 0
    assert recognised(output) == target
    np.testing.assert_allclose(weights(read_motion(output)), motion.weights, atol=1e-5)
    told = capsys.readouterr()
    assert f"from {source} of 60 at 30" in told.out and not told.err


def test_a_frame_rate_is_made(motion: Motion, tmp_path: Path) -> None:
    write_motion(motion, tmp_path / "in.npz")
    output = tmp_path / "out.csv"
    command = ["convert", str(tmp_path / "in.npz"), str(output), "--format", "livelink"]
    assert main([*command, "--fps", "59.94"]) == 0
    again = read_motion(output)
    assert again.fps == pytest.approx(59.94)
    np.testing.assert_allclose(weights(again), resample(motion, 59.94).weights, atol=1e-6)


def test_sides_are_exchanged_when_asked_for(motion: Motion, tmp_path: Path) -> None:
    write_motion(motion, tmp_path / "in.npz")
    command = ["convert", str(tmp_path / "in.npz"), str(tmp_path / "out.npz"), "--swap-sides"]
    assert main(command) == 0
    again = read_motion(tmp_path / "out.npz")
    assert again.names == ("jawOpen", "mouthClose", "mouthRight")
    np.testing.assert_array_equal(again.weights, motion.weights)


def test_what_was_mended_and_what_has_no_room_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = write_take(tmp_path / "take.csv", made_up())
    rows = take.read_text(encoding="utf-8")
    take.write_text(rows[:-300], encoding="utf-8")
    assert main(["convert", str(take), str(tmp_path / "out.json")]) == 0
    told = capsys.readouterr().err
    assert "note: The last row is cut short" in told
    assert "note: An Audio2Face file has no column for headYaw" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["in.npz", "in.npz"], "is the motion itself"),
        (["in.npz", "out.fbx"], "unknown format '.fbx'"),
        (["in.npz", "out.npz", "--format", "livelink"], "end in .csv"),
        (["in.fbx", "out.npz"], "unknown format '.fbx'"),
        (["gone.csv", "out.npz"], "There is no file at"),
        (["in.npz", "out.csv", "--from", "a2f"], "is no Audio2Face export"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    motion: Motion,
    arguments: list[str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_motion(motion, tmp_path / "in.npz")
    paths = [str(tmp_path / name) if "." in name else name for name in arguments]
    assert main(["convert", *paths]) == 2
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.npz"]


@pytest.mark.parametrize("fps", ["0", "-1", "x", "nan", "1e9"])
def test_a_frame_rate_that_is_none_is_refused(
    fps: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["convert", "in.npz", str(tmp_path / "out.npz"), f"--fps={fps}"])
    assert refused.value.code == 2
    assert "is no frame rate" in capsys.readouterr().err
