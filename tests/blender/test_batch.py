"""A batch in several Blenders that share one model: killed, resumed, as one undisturbed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import batch_stage
import bpy
import helpers
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = {"a": 1.0, "b": 2.0, "c": 1.5}
LIMIT_SECONDS = 400


@pytest.fixture
def stage(scene: bpy.types.Scene, worker: UseWorker, tmp_path: Path) -> Path:
    """A folder with a table of three jobs, one of which adds to another's file."""
    rig = load_face_rig()
    helpers.make_head(rig.neutral, rig.faces)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "stage.blend"))
    for name, seconds in SOUNDS.items():
        helpers.write_wav(tmp_path / f"{name}.wav", seconds)
    (tmp_path / "jobs.toml").write_text(
        'mesh = "Head"\nscene = "stage.blend"\n'
        '[[job]]\naudio = "[ab].wav"\noutput = "{0}/{stem}.blend"\n'
        '[[job]]\naudio = "c.wav"\nstart = 100\nscene = "{0}/b.blend"\noutput = "{0}/b.blend"\n'
    )
    return tmp_path


def batch(stage: Path, folder: str, *options: str) -> list[str]:
    """Return a command for the table with outputs in a folder."""
    table = stage / f"{folder}.toml"
    table.write_text((stage / "jobs.toml").read_text().replace("{0}", folder))
    return [sys.executable, "-m", "jambatalk_addon", "batch", str(table), *options]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )


def keys(path: Path) -> dict[str, list[tuple[float, ...]]]:
    """Return the keys of a saved head, by what they move."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    curves = helpers.value_curves(bpy.data.objects["Head"])
    return {name: [tuple(p.co) for p in each.keyframe_points] for name, each in curves.items()}


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_batch_killed_in_several_blenders_and_resumed_equals_one_undisturbed(
    addon: Addon, stage: Path
) -> None:
    with subprocess.Popen(batch(stage, "killed"), cwd=ROOT, stdout=subprocess.PIPE) as running:
        running.stdout.readline()  # the first is done, others are under way
        time.sleep(0.3)
        running.send_signal(signal.SIGKILL)
    resumed = run(batch(stage, "killed"))
    assert resumed.returncode == 0, resumed.stderr
    assert "finished before" in resumed.stdout
    arguments = batch(stage, "whole", "--blenders", "0")[3:]
    assert addon("headless.cli").run_command(arguments) == 0
    for name in ("a", "b"):
        assert keys(stage / "killed" / f"{name}.blend") == keys(stage / "whole" / f"{name}.blend")
    left = {path.name for path in (stage / "killed").iterdir()}
    assert left == {"a.blend", "b.blend"}  # no locks, no parts of files, nothing older


@pytest.mark.skipif(os.name == "nt", reason="needs a pipe that has a name")
def test_a_scene_that_never_opens_and_one_too_large_for_memory_cost_their_own_jobs_alone(
    stage: Path,
) -> None:
    scene = stage / "stage.blend"
    hanging, eating = (make(stage, scene) for make in (batch_stage.hanging, batch_stage.eating))
    table = stage / "poisoned.csv"
    rows = [f"a.wav,{each},Head,1,out/{each.name}" for each in (hanging, eating)]
    table.write_text("\n".join(["audio,scene,mesh,start,output", *rows]))
    limits = ("--time-limit", "20", "--memory-limit", "900")
    done = run([sys.executable, "-m", "jambatalk_addon", "batch", str(table), *limits])
    assert done.returncode == 1, done.stderr
    assert "It took longer than --time-limit allows (20 s) and was ended; look" in done.stdout
    assert "more than --memory-limit allows (900 MiB) and was ended; make" in done.stdout
    assert list((stage / "out").iterdir()) == []  # no half file, no lock
