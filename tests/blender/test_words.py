"""What is said in a line: kept, shown as markers, and single sounds made stronger or silent."""

from __future__ import annotations

from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

pytestmark = pytest.mark.skipif(
    not bpy.app.build_options.audaspace, reason="this Blender is built without sound"
)
JAW = 'key_blocks["jawOpen"].value'
SRT = "1\n00:00:01,200 --> 00:00:02,000\nHello Anna\n\n2\n00:00:09,000 --> 00:00:09,500\nno one\n"


@pytest.fixture
def head(scene: bpy.types.Scene, worker: UseWorker) -> bpy.types.Object:
    rig = load_face_rig()
    scene.jambatalk.mesh = helpers.make_head(rig.neutral, rig.faces, "Anna")
    return scene.jambatalk.mesh


@pytest.fixture
def strip(head: bpy.types.Object, tmp_path: Path) -> bpy.types.Strip:
    """A second of sound from frame 31 on."""
    sound = helpers.write_wav(tmp_path / "anna_1.wav", 1.0)
    strips = helpers.strip_collection(bpy.context.scene)
    return strips.new_sound("anna_1", str(sound), 1, 31)


@pytest.fixture
def baked(strip: bpy.types.Strip) -> bpy.types.Strip:
    """The same, with four words, baked."""
    bpy.ops.jambatalk.match_lines()
    bpy.context.scene.jambatalk_lines.lines[0].words = "one two three four"
    bpy.ops.jambatalk.bake_lines()
    return strip


def jaw() -> np.ndarray:
    """Return the jaw from frame 1 to 90."""
    curve = helpers.value_curves(bpy.data.objects["Anna"])[JAW]
    return np.array([curve.evaluate(frame) for frame in range(1, 91)])


def words(addon: Addon) -> list[tuple[str, float]]:
    found = addon("lines.sounds").words_of(bpy.data.objects["Anna"], bpy.context.scene)
    return [(said.text, round(said.first, 2)) for said in found]


def test_the_words_of_a_line_are_known_where_they_are_said(
    baked: bpy.types.Strip, addon: Addon
) -> None:
    assert words(addon) == [("one", 31.0), ("two", 38.5), ("three", 46.0), ("four", 53.5)]
    setattr(baked, "content_start" if hasattr(baked, "content_start") else "frame_start", 41)
    bpy.ops.jambatalk.follow_strips()
    assert words(addon)[0] == ("one", 41.0)


@pytest.mark.parametrize(("name", "text"), [("anna_1.txt", "Hello\nAnna"), ("anna_1.srt", SRT)])
def test_words_are_read_from_a_file_beside_the_sound(
    strip: bpy.types.Strip, addon: Addon, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    order = addon("lines.operators").order_all(bpy.context)
    script = order.plans[0].script
    if name.endswith("srt"):
        assert script.cues[0] == (1.2, 2.0, "Hello Anna")
    else:
        assert script.text == "Hello Anna"
    bpy.context.scene.jambatalk_lines.lines[0].words = "what the table says"
    order = addon("lines.operators").order_all(bpy.context)
    assert order.plans[0].script.text == "what the table says"


def test_subtitles_of_the_scene_go_to_their_lines(
    strip: bpy.types.Strip, scene: bpy.types.Scene, tmp_path: Path
) -> None:
    path = tmp_path / "film.srt"
    path.write_text(SRT)
    assert bpy.ops.jambatalk.import_subtitles(filepath=str(path)) == {"FINISHED"}
    assert scene.jambatalk_lines.lines["anna_1"].words == "Hello Anna"
    with pytest.raises(RuntimeError, match="cannot be read"):
        bpy.ops.jambatalk.import_subtitles(filepath=str(tmp_path / "absent.srt"))


def test_our_markers_go_and_the_artists_stay(
    baked: bpy.types.Strip, scene: bpy.types.Scene
) -> None:
    scene.timeline_markers.new("two", frame=99)
    scene.timeline_markers.new("mine", frame=31)
    bpy.ops.jambatalk.add_word_markers()
    bpy.ops.jambatalk.add_word_markers()  # in place of the first
    placed = sorted((marker.frame, marker.name) for marker in scene.timeline_markers)
    assert placed == [
        (31, "mine"),
        (31, "one"),
        (38, "two"),
        (46, "three"),
        (54, "four"),
        (99, "two"),
    ]
    moved = next(marker for marker in scene.timeline_markers if marker.name == "four")
    moved.frame = 60
    bpy.ops.jambatalk.remove_word_markers()
    left = sorted((marker.frame, marker.name) for marker in scene.timeline_markers)
    assert left == [(31, "mine"), (60, "four"), (99, "two")]


def test_a_sound_is_silenced_and_stays_so(
    baked: bpy.types.Strip, scene: bpy.types.Scene, addon: Addon
) -> None:
    before = jaw()
    scene.frame_set(47)
    assert bpy.ops.jambatalk.edit_sound(gain=0.0) == {"FINISHED"}
    silent = jaw()
    where = np.flatnonzero(np.abs(silent - before) > 0.01) + 1
    assert len(where)
    assert where.min() >= 40
    assert where.max() <= 55
    scene.jambatalk.jaw = 1.5  # a slider moves, and goes back
    scene.jambatalk.jaw = 1.0
    np.testing.assert_allclose(jaw(), silent, atol=5e-3)
    bpy.ops.jambatalk.bake_lines()
    np.testing.assert_allclose(jaw(), silent, atol=0.015)  # keys elsewhere
    setattr(baked, "content_start" if hasattr(baked, "content_start") else "frame_start", 41)
    bpy.ops.jambatalk.follow_strips()
    np.testing.assert_allclose(jaw()[10:], silent[:-10], atol=0.015)
    bpy.ops.jambatalk.edit_sound(gain=1.0, frame=57.0, at_playhead=False)
    np.testing.assert_allclose(jaw()[10:], before[:-10], atol=0.015)


def test_where_nothing_is_said_it_is_told(baked: bpy.types.Strip, addon: Addon) -> None:
    with pytest.raises(RuntimeError, match="Nothing is said at frame 80"):
        bpy.ops.jambatalk.edit_sound(gain=0.0, frame=80.0, at_playhead=False)


def test_without_what_was_heard_the_buttons_say_so(
    baked: bpy.types.Strip, addon: Addon, head: bpy.types.Object
) -> None:
    operator = addon("lines.sound_operators").JAMBATALK_OT_edit_sound
    assert operator.disabled_reason(bpy.context) is None
    [take] = words_takes(addon)
    addon("write.heard").store(head.data.shape_keys, take, None)
    assert operator.disabled_reason(bpy.context).startswith("What is said in its takes is not")
    bpy.ops.jambatalk.clear()
    assert operator.disabled_reason(bpy.context) == "The mesh has no bake."


def words_takes(addon: Addon) -> list[str]:
    return list(addon("write.ownership").takes_of(bpy.data.objects["Anna"]))


def test_the_last_bake_is_reported_as_a_text(
    baked: bpy.types.Strip, scene: bpy.types.Scene
) -> None:
    assert bpy.ops.jambatalk.bake_report() == {"FINISHED"}
    text = bpy.data.texts["JambaTalk Report"].as_string()
    assert "anna_1: 'Anna', frames 31 to 60, " in text
    assert "1.0 s of sound in" in text
    assert "The scene ends at frame" not in text
