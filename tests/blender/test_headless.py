"""Baking without a window: one scene, a table of jobs, exit codes and files."""

import os
import subprocess
import sys
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.face.rig import FaceRig

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 240


@pytest.fixture
def rig(addon: Addon) -> FaceRig:
    return addon("bake.apply").load_face_rig()


@pytest.fixture
def stage(scene: bpy.types.Scene, rig: FaceRig, tmp_path: Path) -> Path:
    """A saved scene with a head, beside 2 s of sound."""
    helpers.make_head(rig.neutral, rig.faces)
    helpers.write_wav(tmp_path / "line.wav", 2.0)
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def run_module(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``python -m jambatalk_addon`` from the repository, with the worker the test chose."""
    return subprocess.run(
        [sys.executable, "-m", "jambatalk_addon", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"BLENDER_USER_RESOURCES": os.environ["BLENDER_USER_RESOURCES"] + "-x"},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def assert_speaks(path: Path, rig: FaceRig, first: int, seconds: float = 0.0) -> None:
    """Assert that a saved scene's head says what the fake worker says from a second on."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    weights = fake_worker.weights_at(seconds + np.arange(30) / 30)
    offsets = np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)
    assert helpers.worst_mm(bpy.data.objects["Head"], rig.neutral, offsets, first) < 0.15


def test_bake_a_file_and_save_elsewhere(
    stage: Path, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    before = stage.read_bytes()
    output = tmp_path / "made" / "out.blend"
    done = run_module(
        "bake", stage, "--audio", tmp_path / "line.wav", "--start", 21, "--mesh", "Head",
        "--output", output,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Baked 60 frames of 'line'" in done.stdout
    assert stage.read_bytes() == before
    assert_speaks(output, rig, 21)


def test_bake_a_strip(strip_scene: Path, rig: FaceRig, worker: UseWorker, tmp_path: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(strip_scene))
    helpers.make_head(rig.neutral, rig.faces)
    stage, output = tmp_path / "stage.blend", tmp_path / "out.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(stage))
    done = run_module("bake", stage, "--strip", "Line", "--mesh", "Head", "--output", output)
    assert done.returncode == 0, done.stderr
    assert_speaks(output, rig, 17, seconds=6 / 30)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--strip", "Line 9", "--mesh", "Head"], "There is no sound strip 'Line 9'"),
        (["--audio", "gone.wav", "--mesh", "Head"], "There is no sound file at"),
        (["--audio", "line.wav", "--mesh", "Heads"], "no object named 'Heads'"),
        (["--audio", "line.wav", "--mesh", "Head", "--style", "loud"], "There is no style 'loud'"),
        (["--mesh", "Head"], "one of the arguments --strip --audio is required"),
    ],
)
def test_bad_input_exits_2_with_one_sentence(
    stage: Path, worker: UseWorker, arguments: list[str], words: str
) -> None:
    arguments = [str(stage.with_name(a)) if a.endswith(".wav") else a for a in arguments]
    output = stage.with_name("out.blend")
    done = run_module("bake", stage, *arguments, "--output", output)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not output.exists()


def test_a_failing_worker_exits_1_and_saves_nothing(
    stage: Path, worker: UseWorker, tmp_path: Path
) -> None:
    worker("die")
    output = tmp_path / "out.blend"
    done = run_module(
        "bake", stage, "--audio", tmp_path / "line.wav", "--mesh", "Head", "--output", output
    )
    assert done.returncode == 1
    assert "ended unexpectedly" in done.stderr
    assert not list(tmp_path.glob("*out*"))


def test_batch_bakes_what_it_can_and_skips_what_is_done(
    stage: Path, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "audio,scene,mesh,start,output\n"
        "line.wav,stage.blend,Head,5,one.blend\n"
        "gone.wav,stage.blend,Head,1,two.blend\n"
        "line.wav,stage.blend,Head,soon,three.blend\n"
        "line.wav,stage.blend,Head,40,four.blend\n"
    )
    first = run_module("batch", jobs)
    lines = [line for line in first.stdout.splitlines() if line.startswith("[")]
    assert first.returncode == 1
    assert [line.split(": ")[0] for line in lines] == [
        "[1/4] one.blend", "[2/4] two.blend", "[3/4] three.blend", "[4/4] four.blend",
    ]  # fmt: skip
    assert "Baked 60 frames" in lines[0]
    assert "error: There is no sound file" in lines[1]
    assert "error: The start 'soon'" in lines[2]
    assert "Baked 60 frames" in lines[3]
    second = run_module("batch", jobs)
    assert second.stdout.count("finished before") == 2
    assert_speaks(tmp_path / "one.blend", rig, 5)
    assert_speaks(tmp_path / "four.blend", rig, 40)


def test_a_jobs_file_without_a_column_exits_2(worker: UseWorker, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("audio,scene,mesh\n")
    done = run_module("batch", jobs)
    assert done.returncode == 2
    assert "lacks the columns start, output" in done.stderr


def test_command_of_blender_itself_bakes_the_open_scene(
    addon: Addon, stage: Path, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    output = tmp_path / "out.blend"
    arguments = ["bake", "--audio", str(tmp_path / "line.wav"), "--mesh", "Head"]
    assert addon("headless.cli").run_command([*arguments, "--output", str(output)]) == 0
    assert_speaks(output, rig, 1)
