"""Live speech moves a character while it is heard, records it, and leaves nothing else behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import helpers
import numpy as np
import pytest
from fake_worker import SPEECH_SHAPES, weights_at
from helpers import Addon, UseWorker

from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from tests.named_heads import arkit_keys, flame_head

SECONDS, FPS = 1.5, 60.0
PATIENCE = 60.0
Started = Callable[..., Any]


@pytest.fixture
def bare(scene: bpy.types.Scene) -> bpy.types.Object:
    """A FLAME head without shape keys."""
    rig = load_face_rig()
    return helpers.make_head(rig.neutral, rig.faces)


@pytest.fixture
def keyed(scene: bpy.types.Scene) -> bpy.types.Object:
    """A head with ARKit's shape keys, one of them set by hand."""
    head = flame_head()
    obj = helpers.make_head(head.points, head.triangles, "Keyed")
    helpers.add_keys(obj, arkit_keys(head, "Apple"))
    obj.data.shape_keys.key_blocks["jawOpen"].value = 0.25
    return obj


@pytest.fixture
def start(addon: Addon, worker: UseWorker, tmp_path: Path) -> Started:
    """Begin a session of a file on a head."""
    sound = str(helpers.write_wav(tmp_path / "line.wav", SECONDS))

    def act(obj: bpy.types.Object, mode: str = "") -> Any:
        worker(mode)
        settings = bpy.context.scene.jambatalk
        settings.mesh, settings.source, settings.sound_file = obj, "FILE", sound
        settings.live_source, settings.start_frame = "SOUND", 11
        return addon("live.session").Session(addon("live.plan").make_plan(bpy.context))

    return act


def run(session: Any, until: Callable[[], bool] = lambda: False) -> None:
    deadline = time.monotonic() + PATIENCE
    while not session.tick() and not until():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def frames_of(session: Any) -> int:
    return session.frames.total if session.frames is not None else 0


def test_a_bare_head_speaks_and_is_as_it_was(bare: bpy.types.Object, start: Started) -> None:
    before = helpers.snapshot(bare)
    session = start(bare)
    run(session, lambda: frames_of(session) > 30)
    blocks = bare.data.shape_keys.key_blocks
    assert set(SPEECH_SHAPES) <= set(blocks.keys())
    shown = np.array([blocks[name].value for name in SPEECH_SHAPES])
    told = weights_at(np.array([(session.frames.total - 1) / FPS]))[0]
    np.testing.assert_allclose(shown, told.clip(0), atol=1e-4)
    assert bare.data.shape_keys.animation_data is None
    run(session)
    assert session.trouble == ""
    session.close()
    assert helpers.snapshot(bare) == before


def test_a_head_of_its_own_keys_speaks_and_gets_its_values_back(
    keyed: bpy.types.Object, start: Started
) -> None:
    before = helpers.snapshot(keyed)
    session = start(keyed)
    seen: list[float] = []
    jaw = keyed.data.shape_keys.key_blocks["jawOpen"]
    run(session, lambda: seen.append(jaw.value) or False)  # type: ignore[func-returns-value]
    session.close()
    assert max(abs(value - 0.25) for value in seen) > 0.02
    assert helpers.snapshot(keyed) == before


def test_what_is_recorded_is_what_was_streamed(
    bare: bpy.types.Object, start: Started, addon: Addon
) -> None:
    session = start(bare)
    session.record(on=True)
    run(session)
    recorded = session.recorded
    session.close()
    assert recorded.motion.frames == round(SECONDS * FPS)
    outcome = addon("live.take").write_take(bpy.context, session.plan, recorded)
    assert (outcome.first_frame, outcome.report.frames) == (11, round(SECONDS * 30))
    rig = load_face_rig()
    streamed = Motion(FPS, SPEECH_SHAPES, rig.select(SPEECH_SHAPES), recorded.motion.weights)
    offsets = streamed.offsets()[::2]  # at the scene's 30 frames a second
    opening = lip_opening(streamed)
    assert opening is not None and np.ptp(opening) > 1
    assert helpers.worst_mm(bare, rig.neutral, offsets, 11) < 0.6
    kept = addon("write.raw").load(bare.data.shape_keys, outcome.report.take)
    takes = addon("bones.takes").takes_of(bare)
    kept = addon("write.raw").load(bare.data.shape_keys, next(iter(takes)))
    np.testing.assert_allclose(kept.motion.weights, recorded.motion.weights[::2], atol=2e-3)


def test_frames_of_the_scene_do_not_disturb_it(keyed: bpy.types.Object, start: Started) -> None:
    jaw = keyed.data.shape_keys.key_blocks["jawOpen"]
    browed = keyed.data.shape_keys.key_blocks["browDownLeft"]
    for frame, value in ((1, 0.0), (50, 1.0)):
        browed.value = value
        browed.keyframe_insert("value", frame=frame)
    bpy.context.scene.frame_set(1)
    session = start(keyed)
    run(session, lambda: frames_of(session) > 20)
    shown = jaw.value
    bpy.context.scene.frame_set(50)
    assert jaw.value == pytest.approx(shown, abs=0.2) and browed.value == pytest.approx(1.0)
    session.close()
    assert (jaw.value, browed.value) == (0.25, pytest.approx(1.0))


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [("die", "ended unexpectedly"), ("user_error", "The microphone gives no sound any more")],
)
def test_a_sentence_and_the_head_as_it_was_when_it_breaks(
    bare: bpy.types.Object, start: Started, mode: str, sentence: str
) -> None:
    before = helpers.snapshot(bare)
    session = start(bare, mode)
    run(session)
    assert sentence in session.trouble
    session.close()
    assert helpers.snapshot(bare) == before


def test_saving_and_loading_end_it(bare: bpy.types.Object, start: Started, tmp_path: Path) -> None:
    before = helpers.snapshot(bare)
    session = start(bare)
    run(session, lambda: frames_of(session) > 5)
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert session.over and "saved" in session.trouble
    assert helpers.snapshot(bare) == before
    session = start(bare)
    run(session, lambda: frames_of(session) > 5)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert session.over and session.trouble == ""
    assert helpers.snapshot(bpy.data.objects["Head"]) == before
    session.close()


def test_what_a_step_of_before_holds_of_it_is_taken_off(
    bare: bpy.types.Object, start: Started, addon: Addon, tmp_path: Path
) -> None:
    """As undo and a file that Blender saved by itself bring back."""
    before = helpers.snapshot(bare)
    session = start(bare)
    run(session, lambda: frames_of(session) > 5)
    path = str(tmp_path / "autosave.blend")
    session.__class__.running = None  # as if Blender had crashed
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert helpers.snapshot(bpy.data.objects["Head"]) == before


def test_undo_and_redo_end_it_and_bring_nothing_of_it_back(
    bare: bpy.types.Object, start: Started
) -> None:
    before = helpers.snapshot(bare)
    bpy.ops.ed.undo_push(message="before")
    session = start(bare)
    run(session, lambda: frames_of(session) > 5)
    bpy.ops.ed.undo_push(message="something of the artist's meanwhile")
    bpy.ops.ed.undo()
    assert session.over and "undone" in session.trouble
    assert helpers.snapshot(bpy.data.objects["Head"]) == before
    bpy.ops.ed.redo()
    assert helpers.snapshot(bpy.data.objects["Head"]) == before
    session.close()


def test_in_edit_mode_shapes_stay_until_it_is_left(
    bare: bpy.types.Object, start: Started, addon: Addon
) -> None:
    before = helpers.snapshot(bare)
    session = start(bare)
    run(session, lambda: frames_of(session) > 5)
    bpy.context.view_layer.objects.active = bare
    bpy.ops.object.mode_set(mode="EDIT")
    session.close()
    assert bare.data.shape_keys is not None
    bpy.ops.object.mode_set(mode="OBJECT")
    assert addon("live.kept").give_back()
    assert helpers.snapshot(bare) == before


def test_a_bake_stays_as_it_was(bare: bpy.types.Object, start: Started, addon: Addon) -> None:
    session = start(bare)
    session.close()
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    bpy.context.scene.frame_set(20)
    before = helpers.snapshot(bare)
    session = start(bare)
    run(session)
    session.close()
    assert helpers.snapshot(bare) == before


def test_a_deleted_head_ends_it_with_a_sentence(bare: bpy.types.Object, start: Started) -> None:
    session = start(bare)
    run(session, lambda: frames_of(session) > 5)
    bpy.data.objects.remove(bare)
    run(session)
    assert "deleted" in session.trouble
    session.close()


def views() -> list[bpy.types.View3DOverlay]:
    screens = [window.screen for window in bpy.context.window_manager.windows]
    areas = [area for screen in screens for area in screen.areas if area.type == "VIEW_3D"]
    return [area.spaces.active.overlay for area in areas]


def test_a_light_view_is_as_it_was_afterwards(
    bare: bpy.types.Object, start: Started, addon: Addon
) -> None:
    system, light_view = bpy.context.preferences.system, addon("live.light_view")
    edges, unsaved = system.viewport_aa, bpy.context.preferences.is_dirty
    assert views() and edges != "OFF"
    session = start(bare)
    light_view.lighten(bpy.context.window_manager)
    assert (system.viewport_aa, {view.show_overlays for view in views()}) == ("OFF", {False})
    session.close()
    assert (system.viewport_aa, {view.show_overlays for view in views()}) == (edges, {True})
    assert bpy.context.preferences.is_dirty == unsaved
    views()[0].show_overlays = False  # by the artist
    session = start(bare)
    light_view.lighten(bpy.context.window_manager)
    system.viewport_aa = "5"  # by the artist, meanwhile
    session.close()
    assert (system.viewport_aa, views()[0].show_overlays) == ("5", False)
    system.viewport_aa, views()[0].show_overlays = edges, True


def test_a_light_view_that_was_maximised_meanwhile_is_as_it_was_afterwards(
    bare: bpy.types.Object, start: Started, addon: Addon
) -> None:
    light_view, window = addon("live.light_view"), bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    for early in (False, True):
        session = start(bare)
        light_view.lighten(bpy.context.window_manager)
        with bpy.context.temp_override(window=window, screen=window.screen, area=area):
            assert bpy.ops.screen.screen_full_area() == {"FINISHED"}
        maximised = next(area for area in window.screen.areas if area.type == "VIEW_3D")
        if early:
            session.close()
        with bpy.context.temp_override(window=window, screen=window.screen, area=maximised):
            assert bpy.ops.screen.screen_full_area() == {"FINISHED"}
        if not early:
            session.close()
        assert {view.show_overlays for view in views()} == {True}
        area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
