"""Baking without a window: one scene, a table of jobs, exit codes and files."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import FaceRig

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 240


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


Batch = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def batch(
    addon: Addon, stage: Path, worker: UseWorker, capsys: pytest.CaptureFixture[str]
) -> Batch:
    """Run ``batch`` in this Blender on rows and options; return its exit code and its lines."""

    def run(rows: list[str], *options: str, columns: str = "") -> tuple[int, list[str]]:
        jobs = stage.with_name("jobs.csv")
        jobs.write_text("\n".join(["audio,scene,mesh,start,output" + columns, *rows, ""]))
        capsys.readouterr()
        code = addon("headless.cli").run_command(["batch", str(jobs), "--blenders", "0", *options])
        return code, [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()]

    return run


def files(folder: Path) -> set[str]:
    """Return the names of all files in a folder but the tests' own."""
    own = {"fake-python", "line.wav", "other.wav", "stage.blend", "jobs.csv"}
    return {path.name for path in folder.iterdir()} - own - {"jobs.csv.results.jsonl"}


def assert_rests(path: Path, rig: FaceRig, first: int, frames: int = 30) -> None:
    """Assert that a saved scene's head does not move."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    offsets = np.zeros((frames, len(rig.neutral), 3))
    assert helpers.worst_mm(bpy.data.objects["Head"], rig.neutral, offsets, first) < 0.01


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
    bpy.context.scene.jambatalk.follow_sequencer = True  # the command knows better
    if bpy.context.scene.sequence_editor.active_strip:
        bpy.context.scene.sequence_editor.active_strip = None
    stage, output = tmp_path / "stage.blend", tmp_path / "out.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(stage))
    done = run_module("bake", stage, "--strip", "Line", "--mesh", "Head", "--output", output)
    assert done.returncode == 0, done.stderr
    assert_speaks(output, rig, 17, seconds=6 / 30)


def test_bad_input_exits_2_with_one_sentence(stage: Path, worker: UseWorker) -> None:
    output = stage.with_name("out.blend")
    done = run_module("bake", stage, "--strip", "Line 9", "--mesh", "Head", "--output", output)
    assert done.returncode == 2
    assert "There is no sound strip 'Line 9'" in done.stderr
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
    first = run_module("batch", jobs)  # in two Blenders of their own
    lines = sorted(line for line in first.stdout.splitlines() if line.startswith("["))
    assert first.returncode == 1
    assert [line.split(": ")[0] for line in lines] == [
        "[1/4] one.blend", "[2/4] two.blend", "[3/4] three.blend", "[4/4] four.blend",
    ]  # fmt: skip
    assert "Baked 60 frames" in lines[0]
    assert "error: There is no sound file" in lines[1]
    assert "error: Line 4: The start 'soon'" in lines[2]
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


ROW = "line.wav,stage.blend,Head,5,one.blend"


def test_a_job_is_done_again_when_anything_it_is_made_from_is_another(
    batch: Batch, stage: Path, rig: FaceRig, tmp_path: Path
) -> None:
    assert batch([ROW])[0] == 0
    assert batch([ROW]) == (0, ["finished before", "0 done, 1 skipped, 0 failed."])
    moved = ROW.replace(",5,", ",51,")
    assert batch([moved])[1][0].startswith("Baked 60 frames")
    assert_speaks(tmp_path / "one.blend", rig, 51)
    assert_rests(tmp_path / "one.blend", rig, 5)
    assert batch([moved], "--strength", "0.5")[1][0].startswith("Baked 60 frames")
    assert batch([moved], "--strength", "0.5", "--style", "neutral")[1][0] == "finished before"
    assert batch([moved])[1][0].startswith("Baked 60 frames")
    sound = tmp_path / "line.wav"
    helpers.write_wav(sound, 1.0)
    os.utime(sound, (0, 0))  # restored from a backup
    assert batch([moved])[1][0].startswith("Baked 30 frames")
    os.utime(sound)  # touched
    assert batch([moved])[1][0] == "finished before"
    bpy.ops.wm.open_mainfile(filepath=str(stage))
    bpy.data.objects.new("Lamp", None).use_fake_user = True
    bpy.ops.wm.save_mainfile()
    os.utime(stage, (0, 0))
    assert batch([moved])[1][0].startswith("Baked 30 frames")
    assert files(tmp_path) == {"one.blend", "stage.blend1"}


def test_options_in_a_row_hold_for_it_alone_and_bake_it_anew_when_they_change(
    batch: Batch, stage: Path, tmp_path: Path
) -> None:
    def run(*rows: str, options: tuple[str, ...] = ()) -> list[str]:
        return batch(list(rows), *options, columns=",strength,exact,style")[1]

    quiet, plain = "0.5,,", ",,"
    one, two = (f"line.wav,stage.blend,Head,5,{name}.blend" for name in ("one", "two"))
    told = run(f"{one},{quiet}", f"{two},{plain}")
    assert all(line.startswith("Baked 60 frames") for line in told[:2])
    heights = []
    for name in ("one", "two"):
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / f"{name}.blend"))
        curves = helpers.value_curves(bpy.data.objects["Head"]).values()
        heights.append(max(point.co.y for curve in curves for point in curve.keyframe_points))
    assert heights[0] / heights[1] == pytest.approx(0.5, abs=0.1)  # within the tolerance in mm

    assert run(f"{one},{quiet}", f"{two},{plain}")[:2] == ["finished before"] * 2
    told = run(f"{one},0.25,,", f"{two},{plain}")
    assert told[0].startswith("Baked 60 frames")
    assert told[1] == "finished before"
    # What the command says holds where the row says nothing; said in either place it is one job.
    told = run(f"{one},0.25,,", f"{two},{plain}", options=("--strength", "0.25"))
    assert told[0] == "finished before"
    assert told[1].startswith("Baked 60 frames")
    told = run(f"{one},{plain}", f"{two},,no,neutral", options=("--strength", "0.25"))
    assert told[:2] == ["finished before"] * 2
    told = run(f"{one},9,,", f"{two},,,operatic", options=("--strength", "0.25"))
    assert told[0] == "error: Line 2: The column strength is wrong: 9 is not from 0 to 3."
    assert told[1].startswith("error: Line 3: There is no style 'operatic'; choose from")


def test_outputs_that_no_batch_made_are_not_taken_for_done(
    batch: Batch, stage: Path, rig: FaceRig, tmp_path: Path
) -> None:
    output = tmp_path / "one.blend"
    shutil.copy(stage, output)  # newer than all it would be made from
    code, (line, _) = batch([ROW])
    assert code == 0
    assert line.endswith("What was there is now one.blend1.")
    assert (tmp_path / "one.blend1").read_bytes() == stage.read_bytes()
    assert_speaks(output, rig, 5)
    whole = output.read_bytes()
    output.write_bytes(whole[: len(whole) // 2])  # the disk was full when it was copied
    assert batch([ROW])[1][0].startswith("Baked 60 frames")
    assert_speaks(output, rig, 5)


def test_a_moved_folder_and_lost_results_make_no_job_run_again(
    batch: Batch, addon: Addon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    batch([ROW])
    made = (tmp_path / "one.blend").read_bytes()
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("line.wav", "stage.blend", "one.blend", "jobs.csv", "jobs.csv.results.jsonl"):
        shutil.copyfile(tmp_path / name, moved / name)
    run = addon("headless.cli").run_command
    assert run(["batch", str(moved / "jobs.csv"), "--blenders", "0"]) == 0
    assert "one.blend: finished before\n" in capsys.readouterr().out
    (moved / "jobs.csv.results.jsonl").unlink()
    assert run(["batch", str(moved / "jobs.csv"), "--blenders", "0"]) == 0
    assert "finished before, as the file itself tells" in capsys.readouterr().out
    assert (moved / "one.blend").read_bytes() == made


def test_an_artists_work_on_an_output_is_never_lost(
    batch: Batch, rig: FaceRig, tmp_path: Path
) -> None:
    output = tmp_path / "one.blend"
    batch([ROW])
    bpy.ops.wm.open_mainfile(filepath=str(output))
    bpy.data.objects["Head"].location.x = 3.0
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.save_mainfile()
    bpy.context.preferences.filepaths.save_version = 1
    edited = output.read_bytes()
    for _ in range(2):
        assert batch([ROW])[1][0] == "finished before, as the file itself tells; it was not touched"
        assert output.read_bytes() == edited
    corrected = ROW.replace(",5,", ",9,")
    assert batch([corrected])[1][0].endswith("What was there is now one.blend1.")
    assert (tmp_path / "one.blend1").read_bytes() == edited
    assert_speaks(output, rig, 9)
    assert batch([ROW])[1][0].startswith("Baked")  # what the batch wrote is replaced
    assert (tmp_path / "one.blend1").read_bytes() == edited


def test_jobs_build_on_each_other_and_are_done_again_from_where_they_differ(
    batch: Batch, rig: FaceRig, tmp_path: Path
) -> None:
    helpers.write_wav(tmp_path / "other.wav", 2.0)
    rows = [
        "line.wav,stage.blend,Head,5,a.blend",
        "other.wav,a.blend,Head,105,a.blend",
        "other.wav,a.blend,Head,205,b.blend",
    ]
    assert batch(rows)[1][-1] == "3 done, 0 skipped, 0 failed."
    for name, firsts in (("a", (5, 105)), ("b", (5, 205))):
        for first in firsts:
            assert_speaks(tmp_path / f"{name}.blend", rig, first)
    assert batch(rows)[1][-1] == "0 done, 3 skipped, 0 failed."
    rows[1] = rows[1].replace("105", "405")
    assert batch(rows)[1][-1] == "3 done, 0 skipped, 0 failed."
    assert_speaks(tmp_path / "a.blend", rig, 405)
    assert_rests(tmp_path / "a.blend", rig, 105)
    for bad, words in (("gone.wav", "There is no sound file"), ("line.wav", "The start 'soon'")):
        start = "soon" if bad == "line.wav" else "5"
        rows[0] = f"{bad},stage.blend,Head,{start},a.blend"
        code, lines = batch(rows)
        assert code == 1
        assert words in lines[0]
        assert "The job that makes its scene failed" in lines[1]  # what is there is of before
        assert "The job that makes its scene failed" in lines[2]
    assert files(tmp_path) == {"a.blend", "b.blend"}


def test_jobs_saved_over_their_own_scene_are_done_once(
    batch: Batch, stage: Path, rig: FaceRig, tmp_path: Path
) -> None:
    helpers.write_wav(tmp_path / "other.wav", 2.0)
    untouched = stage.read_bytes()
    rows = [
        "line.wav,stage.blend,Head,5,stage.blend",
        "other.wav,./stage.blend,Head,105,stage.blend",
    ]
    assert batch(rows)[1][-1] == "2 done, 0 skipped, 0 failed."
    assert (tmp_path / "stage.blend1").read_bytes() == untouched  # as Blender itself would have
    for first in (5, 105):
        assert_speaks(stage, rig, first)
    assert batch(rows)[1][:2] == ["finished before"] * 2
    bpy.ops.wm.open_mainfile(filepath=str(stage))
    bpy.data.objects["Head"].location.x = 3.0
    bpy.ops.wm.save_mainfile()
    assert batch(rows)[1][0].startswith("finished before, as the file itself tells")
    helpers.write_wav(tmp_path / "line.wav", 1.5)
    assert batch(rows)[1][-1] == "1 done, 1 skipped, 0 failed."
    assert_speaks(stage, rig, 5)
    assert bpy.data.objects["Head"].location.x == 3.0
    shutil.copyfile(tmp_path / "stage.blend1", stage)
    stage.write_bytes(untouched)  # the scene without any bake is put back
    assert batch(rows)[1][-1] == "2 done, 0 skipped, 0 failed."


def test_rivals_for_one_output_are_refused_before_anything_runs(
    batch: Batch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, lines = batch([ROW.replace("one", "two"), ROW, ROW.replace("one.blend", "./One.blend")])
    assert code == 2
    assert [line.split(" saves")[0] for line in lines] == ["refused: line 3", "refused: line 4"]
    assert not files(tmp_path)


def test_a_batch_tells_how_many_jobs_it_did(batch: Batch, worker: UseWorker, stage: Path) -> None:
    rows = [
        ROW,
        "line.wav,stage.blend,Heads,5,two.blend",
        "line.wav,stage.blend,Head,5,three.txt",
        "line.wav,stage.blend,Head,5,jobs.csv/four.blend",
        ",,,,",
    ]
    code, lines = batch(rows)
    assert code == 1
    assert lines[1].startswith("error: The scene has no object named 'Heads'; its meshes are Head.")
    assert "three.txt must end in .blend, .action.blend, .glb" in lines[2]
    assert "is not a folder" in lines[3]
    assert lines[4] == "1 done, 0 skipped, 3 failed."
    worker("die")
    code, lines = batch([row.replace(",5,", ",6,") for row in rows[:2]])
    assert code == 1
    assert lines[0].startswith("failed: The model's process ended unexpectedly")
    assert lines[2] == "0 done, 0 skipped, 2 failed."
    assert batch([]) == (0, ["0 done, 0 skipped, 0 failed."])
    results = stage.with_name("jobs.csv.results.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in results]
    assert [r["status"] for r in records] == ["done", *["failed"] * 5]
    assert set(records[0]["inputs"]) == {"audio", "scene", "model"}


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_batch_leaves_nothing_half_written_and_goes_on(
    batch: Batch, worker: UseWorker, rig: FaceRig, tmp_path: Path, by: signal.Signals
) -> None:
    rows = [ROW, ROW.replace("one", "two")]
    batch(rows[:1])
    (tmp_path / ".two-abcd_123.blend").write_bytes(b"half")  # as a killed driver leaves it
    (tmp_path / ".two-abcd_123.blend@").write_bytes(b"half")
    (tmp_path / ".two-parts.blend").write_bytes(b"of somebody else")
    worker("slow")
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("\n".join(["audio,scene,mesh,start,output", *rows, ""]))
    command = [sys.executable, "-m", "jambatalk_addon", "batch", str(jobs), "--blenders", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "[1/2] one.blend: finished before\n"
        time.sleep(2.0)  # into the second
        running.send_signal(by)
        rest = running.communicate(timeout=LIMIT_SECONDS)[0]
    if by != signal.SIGKILL:
        assert running.returncode == 130
        assert "0 done, 1 skipped, 0 failed, 1 not run. Stopped; the same command goes on" in rest
    worker()
    assert batch(rows)[1][0] == "finished before"
    assert_speaks(tmp_path / "two.blend", rig, 5)
    assert files(tmp_path) == {"one.blend", "two.blend", ".two-parts.blend"}


def test_standard_output_has_our_lines_only(stage: Path, worker: UseWorker, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(f"audio,scene,mesh,start,output\n{ROW}\n")
    done = run_module("batch", jobs, "--blenders", 0)
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["[1/1]", "1"]
    assert "Saved copy as" in done.stderr or "Saved" in done.stderr


def bake_arguments(tmp_path: Path, *more: str) -> list[str]:
    return ["--audio", str(tmp_path / "line.wav"), "--mesh", "Head", *more]


def test_a_save_keeps_what_blender_keeps(
    addon: Addon, scene: bpy.types.Scene, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    helpers.make_head(rig.neutral, rig.faces)
    helpers.write_wav(tmp_path / "line.wav", 1.0)
    (tmp_path / "textures").mkdir()
    picture = bpy.data.images.new("Skin", 4, 4)
    picture.filepath_raw, picture.file_format = str(tmp_path / "textures" / "skin.png"), "PNG"
    picture.save()
    bpy.data.workspaces[0].name = "My own"
    stage = tmp_path / "stage.blend"
    for compressed in (True, False):
        bpy.ops.wm.save_as_mainfile(filepath=str(stage), compress=compressed)
        picture.source, picture.use_fake_user = "FILE", True
        picture.filepath = "//textures/skin.png"
        bpy.ops.wm.save_as_mainfile(filepath=str(stage), compress=compressed)
        output = tmp_path / "far" / "away" / "out.blend"
        run = addon("headless.cli").run_command
        assert run(["bake", str(stage), *bake_arguments(tmp_path, "--output", str(output))]) == 0
        assert (output.read_bytes()[:7] != b"BLENDER") == compressed
        bpy.ops.wm.open_mainfile(filepath=str(output))
        picture = bpy.data.images["Skin"]
        assert picture.filepath.startswith("//")
        assert Path(bpy.path.abspath(picture.filepath)).resolve().is_file()
        assert "My own" in bpy.data.workspaces
        assert {path.name for path in output.parent.iterdir()} <= {"out.blend", "out.blend1"}


@pytest.mark.parametrize("versions", [0, 1, 2])
def test_a_bake_over_the_scene_keeps_older_versions_as_preferred(
    addon: Addon, stage: Path, worker: UseWorker, tmp_path: Path, versions: int
) -> None:
    preferences = bpy.context.preferences.filepaths
    before = preferences.save_version
    run = addon("headless.cli").run_command
    contents = [stage.read_bytes()]
    try:
        preferences.save_version = versions
        for start in ("1", "2", "3"):
            assert run(["bake", str(stage), *bake_arguments(tmp_path, "--start", start)]) == 0
            contents.append(stage.read_bytes())
        assert preferences.save_version == versions
    finally:
        preferences.save_version = before
    kept = {f"stage.blend{n}": contents[-1 - n] for n in range(1, versions + 1)}
    assert files(tmp_path) == set(kept)
    assert {name: (tmp_path / name).read_bytes() for name in kept} == kept


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--audio", "gone.wav"], "There is no sound file at"),
        (["--style", "loud"], "There is no style 'loud'"),
        (["--mesh", "Haed"], "no object named 'Haed'; its meshes are Head."),
        (["--mesh", ""], "--mesh: it is empty"),
        (["--strength", "-1"], "--strength: -1 is not from 0 to 3"),
        (["--strength", "nan"], "--strength: nan is not from 0 to 3"),
        (["--strength", "3.1"], "--strength: 3.1 is not from 0 to 3"),
        (["--strength", "loud"], "'loud' is not a number"),
        (["--tolerance", "-0.1"], "--tolerance: -0.1 is not 0 or more"),
        (["--tolerance", "inf"], "--tolerance: inf is not 0 or more"),
        (["--start", "2147483648"], "is not a frame Blender has"),
        (["--start", "1.5"], "is not a whole frame"),
        (["--output", "out.mp4"], "must end in .blend"),
        (["--output", "FOLDER.blend"], "is a folder"),
        (["--output", "readonly.blend"], "is read-only"),
        (["--output", "line.wav/out.blend"], "is not a folder"),
    ],
)
def test_what_a_bake_cannot_do_is_refused_before_the_model_runs(
    addon: Addon, stage: Path, worker: UseWorker, capsys: pytest.CaptureFixture[str],
    arguments: list[str], words: str,
) -> None:  # fmt: skip
    folder = stage.parent
    worker("die")  # nobody gets that far
    (folder / "FOLDER.blend").mkdir()
    (folder / "readonly.blend").write_bytes(b"locked")
    (folder / "readonly.blend").chmod(stat.S_IRUSR)
    before = stage.read_bytes()
    if arguments[0] == "--output":
        arguments = ["--output", str(folder / arguments[1])]
    given = ["bake", str(stage), *bake_arguments(folder), *arguments]
    assert addon("headless.cli").run_command(given) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert stage.read_bytes() == before
    assert files(folder) == {"FOLDER.blend", "readonly.blend"}
    assert (folder / "readonly.blend").read_bytes() == b"locked"


def test_a_strip_that_is_not_there_names_those_that_are(
    addon: Addon, strip_scene: Path, rig: FaceRig, worker: UseWorker, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    bpy.ops.wm.open_mainfile(filepath=str(strip_scene))
    helpers.make_head(rig.neutral, rig.faces)
    stage = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(stage))
    run = addon("headless.cli").run_command
    assert run(["bake", str(stage), "--strip", "Lime", "--mesh", "Head"]) == 2
    assert "no sound strip 'Lime'; its sound strips are Line" in capsys.readouterr().err
    assert run(["bake", str(stage), "--strip", "Line", "--mesh", "Head", "--start", "5"]) == 2
    assert "--start goes with --audio" in capsys.readouterr().err
    assert run(["bake", str(stage), "--mesh", "Head"]) == 2
    assert "one of the arguments --strip --audio is required" in capsys.readouterr().err


def test_options_may_follow_two_dashes(
    addon: Addon, stage: Path, worker: UseWorker, tmp_path: Path
) -> None:
    output = str(tmp_path / "out.blend")
    run = addon("headless.cli").run_command
    assert run(["--", "bake", str(stage), *bake_arguments(tmp_path, "--output", output)]) == 0


def test_a_scene_without_a_file_asks_where_to_save(
    addon: Addon, scene: bpy.types.Scene, rig: FaceRig, worker: UseWorker, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    helpers.make_head(rig.neutral, rig.faces)
    helpers.write_wav(tmp_path / "line.wav", 1.0)
    assert addon("headless.cli").run_command(["bake", *bake_arguments(tmp_path)]) == 2
    assert "say where to save it with --output" in capsys.readouterr().err
