"""The shipped model on real speech: what Blender shows is what the model predicted."""

import os
import subprocess
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon

FPS = 24
SECONDS = 3.0
ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT / "model_core" / "assets" / "demo_speech.flac"


def predict(addon: Addon, output: Path, **fields: object) -> object:
    """Return the motion the worker predicts when asked directly."""
    worker = addon("worker.session").warm_worker()
    number = worker.request("predict", output=str(output), style=None, seed=0, **fields)
    while (event := worker.next_event(60.0)) is not None:
        if event.get("id") == number and event["event"] != "progress":
            assert event["event"] == "done", event
            return addon("bake.run").Motion.load(output)
    pytest.fail(f"the worker did not answer: {worker.last_words}")


def test_speech_bakes_to_what_the_model_predicts(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, tmp_path: Path
) -> None:
    scene.render.fps = FPS
    head, first = addon("demo.scene").add_head(scene.collection), 9
    neutral = helpers.evaluated_points(head, 1).copy()
    scene.jambatalk.mesh = head
    scene.jambatalk.source, scene.jambatalk.sound_file = "FILE", str(SPEECH)
    scene.jambatalk.start_frame = first
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    audio = {"path": str(SPEECH), "start": 0.0, "end": None}
    motion = predict(addon, tmp_path / "motion.npz", audio=audio, fps=float(FPS))
    offsets = motion.offsets()
    assert motion.frames == pytest.approx(6 * FPS, abs=2 * FPS)
    assert helpers.worst_mm(head, neutral, offsets, first, step=11) < 0.15
    saved = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=saved)
    bpy.ops.wm.open_mainfile(filepath=saved)
    head = bpy.data.objects["Demo Head"]
    assert helpers.worst_mm(head, neutral, offsets, first, step=29) < 0.15
    opening = np.ptp(offsets[:, 3504, 1]) * 1000
    assert opening > 3.0


@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="this Blender has no sound")
def test_a_trimmed_strip_bakes_its_part_of_the_speech(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, tmp_path: Path
) -> None:
    scene.render.fps = FPS
    head, strip = addon("demo.scene").build(scene)
    neutral = helpers.evaluated_points(head, 1).copy()
    name = "left_handle_offset" if hasattr(strip, "left_handle_offset") else "frame_offset_start"
    setattr(strip, name, FPS)
    name = "right_handle" if hasattr(strip, "right_handle") else "frame_final_end"
    setattr(strip, name, 1 + FPS + int(SECONDS * FPS))
    scene.jambatalk.mesh = head
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    audio = {"path": str(SPEECH), "start": 1.0, "end": 1.0 + SECONDS}
    motion = predict(addon, tmp_path / "motion.npz", audio=audio, fps=float(FPS))
    assert motion.frames == SECONDS * FPS
    assert helpers.worst_mm(head, neutral, motion.offsets(), 1 + FPS, step=11) < 0.15


ANN = """
import sys
from pathlib import Path
import numpy as np
from model_core.models.checkpoint import load_checkpoint
from model_core.models.performer.face import Performers, save
from model_core.models.performer.style import TAPS, PerformerStyle
from model_core.rig.shapes import SPEECH_SHAPES

shapes = len(SPEECH_SHAPES)
matrix = np.zeros((len(TAPS) * shapes, shapes), np.float32)
middle = TAPS.index(0) * shapes
matrix[middle : middle + shapes] = 1.5 * np.eye(shapes)
ann = PerformerStyle(matrix, np.zeros(shapes, np.float32))
save(Path(sys.argv[1]), load_checkpoint(), Performers(SPEECH_SHAPES, {"Ann Lee": ann}), "# Ann")
"""
"""Makes a copy of the model that ships with a performer who does everything half as much again."""


def performer_checkpoint(folder: Path) -> Path:
    """Make Ann's checkpoint by the Python that runs the model."""
    command = [os.environ["JAMBATALK_PYTHON"], "-c", ANN, str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=300)
    return folder


def test_a_performers_style_is_offered_and_baked(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, tmp_path: Path
) -> None:
    scene.render.fps = 12
    settings, head = scene.jambatalk, addon("demo.scene").add_head(scene.collection)
    settings.mesh, settings.source, settings.sound_file = head, "FILE", str(SPEECH)
    settings.checkpoint = str(performer_checkpoint(tmp_path / "ann"))
    menu = addon("panel.properties")._style_items(settings, None)
    assert [item[1] for item in menu] == ["Neutral", "Articulate", "Mumbled", "Wide", "Ann Lee"]
    ranges, told = [], []
    for style in ("neutral", "Ann Lee"):
        settings.style = style
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}
        told.append(addon("bake.status").STATUS.outcome)
        moved = [helpers.evaluated_points(head, frame) for frame in range(1, 60, 4)]
        ranges.append(float(np.ptp(np.stack(moved), axis=0).max()))
    assert "in style" not in told[0]
    assert " in style 'Ann Lee', " in told[1]
    assert ranges[1] > 1.2 * ranges[0]


def test_the_texts_of_menus_live_on(addon: Addon, scene: bpy.types.Scene) -> None:
    """Blender draws a menu's texts from where they were when it asked for them."""
    menu = addon("panel.properties")._style_items
    first, second = menu(scene.jambatalk, None), menu(scene.jambatalk, None)
    assert [item[1] for item in first] == [item[1] for item in second]
    assert all(old[at] is new[at] for old, new in zip(first, second, strict=True) for at in (0, 1))
