"""A baked scene through undo, saving, appending and linking: everything is still there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

JAW = 'key_blocks["jawOpen"].value'
FRAMES = range(10, 130, 5)


@pytest.fixture
def told(addon: Addon) -> Callable[[], dict[str, Any]]:
    """Return all that is known of Anna's line: where it lies, what is said, what was done to it."""

    def tell() -> dict[str, Any]:
        anna = bpy.data.objects["Anna"]
        key = anna.data.shape_keys
        [(take, made)] = addon("write.ownership").takes_of(anna).items()
        heard, raw = addon("write.heard"), addon("write.raw")
        hearing, kept = heard.load(key, take), raw.load(key, take)
        curve = helpers.value_curves(anna)[JAW]
        return {
            "take": (take, made.name, made.heard, made.wanted),
            "words": [word.text for word in hearing.words],
            "phones": len(hearing.phones),
            "sounds": heard.load_edits(key, take),
            "controls": dict(kept.options),
            "frames": kept.motion.frames,
            "jaw": np.round([curve.evaluate(frame) for frame in FRAMES], 4).tolist(),
        }

    return tell


def table(scene: bpy.types.Scene) -> list[tuple[Any, ...]]:
    """Return what the table of lines holds."""
    return [
        (line.strip_name, line.speaker.name, line.words, line.own_mood, line.matched)
        for line in scene.jambatalk_lines.lines
    ]


@pytest.fixture
def saved(
    addon: Addon, worker: UseWorker, strip_scene: Path, tmp_path: Path
) -> tuple[Path, list[tuple[Any, ...]]]:
    """A file with a line that is baked, turned down and has a silent sound; and its table."""
    bpy.ops.wm.open_mainfile(filepath=str(strip_scene))
    rig, scene = load_face_rig(), bpy.context.scene
    anna = helpers.make_head(rig.neutral, rig.faces, "Anna")
    bpy.ops.jambatalk.match_lines()
    [line] = scene.jambatalk_lines.lines
    line.speaker, line.words, line.own_mood = anna, "one two three", "happy"
    scene.jambatalk.mesh = anna
    assert bpy.ops.jambatalk.bake_lines() == {"FINISHED"}
    scene.jambatalk.jaw = 0.8
    bpy.ops.jambatalk.edit_sound(gain=0.0, frame=60.0, at_playhead=False)
    bpy.ops.jambatalk.add_word_markers()
    path = tmp_path / "baked.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path, table(scene)


def test_undo_and_saving_keep_everything(
    saved: tuple[Path, list], told: Callable[[], dict[str, Any]], addon: Addon
) -> None:
    path, rows = saved
    before = told()
    assert before["words"] == ["one", "two", "three"]
    assert [edit.gain for edit in before["sounds"]] == [0.0]
    assert before["controls"] == {"jaw": 0.8}
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.jambatalk.edit_sound(gain=2.0, frame=90.0, at_playhead=False)
    bpy.context.scene.jambatalk_lines.lines[0].words = "other words"
    assert told() != before
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert told() == before
    assert table(bpy.context.scene) == rows
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert told() == before
    assert table(bpy.context.scene) == rows
    assert addon("lines.states").states_of(bpy.context)[0].kind.name == "BAKED"
    assert len(bpy.context.scene.timeline_markers) == 3
    bpy.ops.jambatalk.remove_word_markers()
    assert len(bpy.context.scene.timeline_markers) == 0


@pytest.mark.parametrize("link", [False, True])
def test_appending_and_linking_keep_everything(
    saved: tuple[Path, list], told: Callable[[], dict[str, Any]], addon: Addon, link: bool
) -> None:
    path, _ = saved
    before = told()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(path), link=link) as (_, wanted):
        wanted.objects = ["Anna"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    bpy.context.scene.render.fps = 30
    assert told() == before
    if link:
        return
    anna = bpy.data.objects["Anna"]
    [take] = addon("write.ownership").takes_of(anna)
    neutral = addon("bake.again").options_of(anna, take)
    addon("bake.again").adjust(anna, take, neutral)  # no model, no strip
    np.testing.assert_allclose(told()["jaw"], before["jaw"], atol=0.01)


def test_an_appended_scene_brings_its_table(saved: tuple[Path, list]) -> None:
    path, rows = saved
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(path)) as (there, wanted):
        wanted.scenes = there.scenes[:1]
    assert table(wanted.scenes[0]) == rows
