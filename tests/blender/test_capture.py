"""A recorded face around the speech, baked in Blender."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT / "model_core" / "assets" / "demo_speech.flac"
KEPT = ("browDownLeft", "browInnerUpLeft", "browInnerUpRight", "cheekPuffLeft", "noseSneerRight")


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Seven seconds of a Live Link Face take at 60 fps: brows, cheeks, nose, mouth and head."""
    names = ("BrowDownLeft", "BrowInnerUp", "CheekPuff", "NoseSneerRight", "MouthSmileLeft")
    path = tmp_path / "take.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Timecode", "BlendshapeCount", *names, "HeadYaw"])
        for frame in range(420):
            waves = 0.5 + 0.4 * np.sin(frame / 60 * np.arange(3, 3 + len(names)))
            time = f"10:00:{frame // 60:02}:{frame % 60:02}.000"
            rows.writerow([time, 61, *waves.round(6), 0.1 * np.sin(frame / 60)])
    return path


def value(head: bpy.types.Object, name: str, frame: int) -> float:
    return helpers.value_curves(head)[f'key_blocks["{name}"].value'].evaluate(frame)


def test_the_rest_of_the_face_is_the_recording_s(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, take: Path
) -> None:
    scene.render.fps = 30
    head = addon("demo.scene").add_head(scene.collection)
    neutral = helpers.evaluated_points(head, 1).copy()
    settings = scene.jambatalk
    settings.mesh, settings.source, settings.sound_file = head, "FILE", str(SPEECH)
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    spoken = {frame: value(head, "mouthStretchLeft", frame) for frame in range(10, 170, 20)}
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    settings.capture = str(take)
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    for number, name in ((3, "browDownLeft"), (4, "browInnerUpRight"), (6, "noseSneerRight")):
        for frame in range(10, 170, 20):
            recorded = 0.5 + 0.4 * np.sin((frame - 1) / 30 * number)
            assert value(head, name, frame) == pytest.approx(recorded, abs=0.08)
    for frame, weight in spoken.items():
        assert value(head, "mouthStretchLeft", frame) == pytest.approx(weight, abs=0.08)
    assert set(KEPT) < set(head.data.shape_keys.key_blocks.keys())
    moved = np.linalg.norm(helpers.evaluated_points(head, 30) - neutral, axis=1)
    assert moved.max() > 0.003
    assert any("The head stays still" in note for note in addon("bake.status").STATUS.notes)


@pytest.mark.parametrize("turned", [True, False])
def test_the_recorded_head_turns_what_is_chosen(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, take: Path, turned: bool
) -> None:
    scene.render.fps = 30
    head, empty = addon("demo.scene").add_head(scene.collection), bpy.data.objects.new("E", None)
    scene.collection.objects.link(empty)
    settings = scene.jambatalk
    settings.mesh, settings.source, settings.sound_file = head, "FILE", str(SPEECH)
    settings.head_object = empty
    if not turned:
        rows = [row.rpartition(",")[0] for row in take.read_text(encoding="utf-8").splitlines()]
        take.write_text("\n".join(rows), encoding="utf-8")
    settings.capture = str(take)
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert not addon("bake.status").STATUS.notes
    angles = []
    for frame in range(1, 181, 10):
        scene.frame_set(frame)
        angles.append(empty.matrix_world.to_quaternion().angle)
    recorded = 0.1 * np.abs(np.sin(np.arange(0, 180, 10) / 30)) if turned else 0.0
    np.testing.assert_allclose(angles, recorded, atol=2e-3)


def test_a_missing_recording_is_an_error_and_nothing_is_written(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, tmp_path: Path
) -> None:
    head = addon("demo.scene").add_head(scene.collection)
    settings = scene.jambatalk
    settings.mesh, settings.source, settings.sound_file = head, "FILE", str(SPEECH)
    settings.capture = str(tmp_path / "gone.csv")
    with pytest.raises(RuntimeError, match=r"There is no file at .*gone\.csv"):
        bpy.ops.jambatalk.bake()
    assert head.data.shape_keys is None


def test_a_recording_is_baked_without_a_window(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, take: Path, tmp_path: Path
) -> None:
    addon("demo.scene").add_head(scene.collection)
    stage, output = tmp_path / "stage.blend", tmp_path / "out.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(stage))
    command = [sys.executable, "-m", "jambatalk_addon", "bake", stage, "--audio", SPEECH]
    command += ["--mesh", "Demo Head", "--output", output, "--capture", take]
    done = subprocess.run(
        [*map(str, command), "--capture-start", "0.5", "--capture-mouth", "pauses"],
        cwd=ROOT,
        env=os.environ | {"BLENDER_USER_RESOURCES": os.environ["BLENDER_USER_RESOURCES"] + "-x"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    bpy.ops.wm.open_mainfile(filepath=str(output))
    head = bpy.data.objects["Demo Head"]
    recorded = 0.5 + 0.4 * np.sin((20 / 30 + 0.5) * 3)
    assert value(head, "browDownLeft", 21) == pytest.approx(recorded, abs=0.08)


def test_a_job_is_done_anew_when_its_recording_has_changed(
    scene: bpy.types.Scene,
    addon: Addon,
    worker: UseWorker,
    take: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    addon("demo.scene").add_head(scene.collection)
    helpers.write_wav(tmp_path / "line.wav", 1.0)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "stage.blend"))
    jobs = tmp_path / "jobs.csv"
    rows = "line.wav,stage.blend,Demo Head,1,out.blend,take.csv"
    jobs.write_text(f"audio,scene,mesh,start,output,capture\n{rows}\n")

    def batch() -> str:
        capsys.readouterr()
        assert addon("headless.cli").run_command(["batch", str(jobs), "--blenders", "0"]) == 0
        return capsys.readouterr().out

    assert "1 done" in batch()
    assert "finished before" in batch()
    take.write_text(take.read_text(encoding="utf-8").replace("0.5,", "0.6,"), encoding="utf-8")
    assert "1 done" in batch()
