"""Controls act on baked lines without the model, and leave the artist's changes on top."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import FaceRig

FRAMES = 60
JAW = 'key_blocks["jawOpen"].value'
BakeFile = Callable[[str, int], None]


@pytest.fixture
def bake_file(scene: bpy.types.Scene, rig: FaceRig, worker: UseWorker, tmp_path: Path) -> BakeFile:
    settings = scene.jambatalk
    settings.mesh = helpers.make_head(rig.neutral, rig.faces)
    settings.source = "FILE"

    def bake(name: str, start: int) -> None:
        settings.sound_file = str(helpers.write_wav(tmp_path / name, FRAMES / 30))
        settings.start_frame = start
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}

    return bake


def offsets(rig: FaceRig, strength: float = 1.0) -> np.ndarray:
    weights = strength * fake_worker.weights_at(np.arange(FRAMES) / 30)
    moved: np.ndarray = np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)
    return moved


def jaw(first: int = 1) -> np.ndarray:
    curve = helpers.value_curves(bpy.context.scene.jambatalk.mesh)[JAW]
    return np.array([curve.evaluate(first + t) for t in range(FRAMES)])


def keys() -> list[float]:
    """Frames of the keys on the line; those it eases with are beside it."""
    curve = helpers.value_curves(bpy.context.scene.jambatalk.mesh)[JAW]
    return [point.co[0] for point in curve.keyframe_points if 1 <= point.co[0] <= FRAMES]


def raise_a_key(scene: bpy.types.Scene, change: float) -> int:
    """Have the artist move the jaw's key in the middle; return how many frames from the start."""
    curve = helpers.value_curves(scene.jambatalk.mesh)[JAW]
    point = min(curve.keyframe_points, key=lambda each: abs(each.co[0] - 30))
    for name in ("co", "handle_left", "handle_right"):
        getattr(point, name)[1] += change
    curve.update()
    return round(point.co[0]) - 1


def test_a_slider_poses_the_line_just_baked_without_the_model(
    scene: bpy.types.Scene, rig: FaceRig, bake_file: BakeFile, worker: UseWorker
) -> None:
    bake_file("a.wav", 1)
    before = keys()
    worker("internal_error")  # whoever asked the model now would hear of it
    scene.jambatalk.strength = 0.5
    head = scene.jambatalk.mesh
    assert helpers.worst_mm(head, rig.neutral, offsets(rig, 0.5), 1, step=3) < 0.15
    assert keys() == before
    scene.jambatalk.strength = 1.0
    assert helpers.worst_mm(head, rig.neutral, offsets(rig), 1, step=3) < 0.2


def test_ten_moves_keep_what_the_artist_changed(
    scene: bpy.types.Scene, bake_file: BakeFile
) -> None:
    bake_file("a.wav", 1)
    change = 0.25
    at = raise_a_key(scene, change)
    raised = jaw()[at]
    for strength in (0.9, 0.7, 0.5, 0.6, 0.8, 1.0, 1.2, 1.1, 1.3, 1.0):
        scene.jambatalk.strength = strength
    assert jaw()[at] == pytest.approx(raised, abs=0.01)
    assert jaw()[at] > change


def test_only_the_chosen_line_is_posed_or_all_are(
    scene: bpy.types.Scene, bake_file: BakeFile
) -> None:
    bake_file("a.wav", 1)
    bake_file("b.wav", 101)
    first, second = jaw(1), jaw(101)
    scene.jambatalk.strength = 0.5
    assert np.allclose(jaw(1), first, atol=1e-4)
    assert np.allclose(jaw(101), 0.5 * second, atol=0.02)
    scene.jambatalk.adjust_all = True
    scene.jambatalk.strength = 0.8
    assert np.allclose(jaw(1), 0.8 * first, atol=0.02)
    assert np.allclose(jaw(101), 0.8 * second, atol=0.02)


def test_choosing_a_line_shows_its_values_and_changes_nothing(
    scene: bpy.types.Scene, bake_file: BakeFile, addon: Addon
) -> None:
    bake_file("a.wav", 1)
    scene.jambatalk.jaw = 0.6
    posed = jaw(1)
    bake_file("b.wav", 101)
    scene.jambatalk.jaw = 1.4
    takes = addon("write.ownership").takes_of(scene.jambatalk.mesh)
    earlier = next(take for take, made in takes.items() if made.heard[0] == 1)
    assert bpy.ops.jambatalk.adjust_take(take=earlier) == {"FINISHED"}
    assert scene.jambatalk.jaw == pytest.approx(0.6)
    assert np.allclose(jaw(1), posed, atol=1e-4)


def test_controls_work_on_a_file_opened_again(
    scene: bpy.types.Scene, bake_file: BakeFile, tmp_path: Path
) -> None:
    bake_file("a.wav", 1)
    before = jaw()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.context.scene.jambatalk.strength = 0.5
    assert np.allclose(jaw(), 0.5 * before, atol=0.02)


def test_without_live_the_sliders_wait_for_the_next_bake(
    scene: bpy.types.Scene, bake_file: BakeFile
) -> None:
    bake_file("a.wav", 1)
    before = jaw()
    scene.jambatalk.live = False
    scene.jambatalk.strength = 0.5
    assert np.allclose(jaw(), before)
    bake_file("a.wav", 1)
    assert np.allclose(jaw(), 0.5 * before, atol=0.02)


def test_what_is_kept_can_be_let_go_of(
    scene: bpy.types.Scene, bake_file: BakeFile, addon: Addon
) -> None:
    bake_file("a.wav", 1)
    before = jaw()
    assert bpy.ops.jambatalk.forget_motion() == {"FINISHED"}
    scene.jambatalk.strength = 0.5
    assert np.allclose(jaw(), before)
    adjusting = addon("panel.adjusting")
    reason = adjusting.reason_against(scene.jambatalk, scene.jambatalk.mesh)
    assert "bake it again" in reason


def test_a_dense_model_says_that_its_lines_wait_for_the_next_bake(
    scene: bpy.types.Scene, bake_file: BakeFile, worker: UseWorker, addon: Addon
) -> None:
    worker("dense")
    bake_file("a.wav", 1)
    settings = scene.jambatalk
    assert addon("panel.adjusting").reason_against(settings, settings.mesh)
    settings.strength = 0.5


def test_clear_forgets_all_of_it(scene: bpy.types.Scene, bake_file: BakeFile) -> None:
    bake_file("a.wav", 1)
    scene.jambatalk.jaw = 1.3
    bpy.ops.jambatalk.clear()
    assert scene.jambatalk.mesh.data.shape_keys is None
    scene.jambatalk.jaw = 0.7


def all_keys(scene: bpy.types.Scene) -> dict[str, np.ndarray]:
    """Places and handles of every key there is, by data path."""
    found = {}
    for path, curve in helpers.value_curves(scene.jambatalk.mesh).items():
        points = [[*p.co, *p.handle_left, *p.handle_right] for p in curve.keyframe_points]
        found[path] = np.array(points)
    return found


@pytest.fixture
def dragging(addon: Addon, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Have sliders move as in a window; what is handed over lets them rest."""
    adjusting = addon("panel.adjusting")
    monkeypatch.setattr(adjusting, "_in_window", lambda: True)
    yield adjusting.settle
    if bpy.app.timers.is_registered(adjusting.settle):
        bpy.app.timers.unregister(adjusting.settle)


def test_lines_follow_a_drag_and_settle_as_if_it_was_one_move(
    scene: bpy.types.Scene,
    rig: FaceRig,
    bake_file: BakeFile,
    dragging: Callable[[], None],
    addon: Addon,
) -> None:
    bake_file("a.wav", 1)
    original, settings = keys(), scene.jambatalk
    full = []
    adjust = addon("bake.again").adjust
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addon("bake.again"), "adjust", lambda *a: full.append(adjust(*a)))
        for strength in (0.9, 0.7, 0.5):
            settings.strength = strength
            moved = helpers.worst_mm(settings.mesh, rig.neutral, offsets(rig, strength), 1, step=3)
            assert moved < 0.3
        assert keys() == original
        assert not full  # nothing was written anew until here
        dragging()
        assert len(full) == 1
    settled = all_keys(scene)
    settings.live, settings.strength = False, 1.0
    bpy.ops.jambatalk.clear()
    bake_file("a.wav", 1)
    settings.live, settings.strength = True, 0.5
    dragging()
    direct = all_keys(scene)
    assert settled.keys() == direct.keys()
    assert all(np.allclose(settled[path], direct[path], atol=1e-5) for path in settled)


def test_what_the_artist_changed_rides_along_a_drag(
    scene: bpy.types.Scene, bake_file: BakeFile, dragging: Callable[[], None], addon: Addon
) -> None:
    bake_file("a.wav", 1)
    raise_a_key(scene, 0.25)
    original, raised = keys(), jaw()
    for strength in (0.8, 0.6, 1.2, 0.7, 1.0):  # the first finds the change, others carry it
        scene.jambatalk.strength = strength
    dragging()
    assert np.allclose(jaw(), raised, atol=0.01)
    takes = addon("write.ownership").takes_of(scene.jambatalk.mesh)
    path = helpers.value_curves(scene.jambatalk.mesh)
    other = next(curve for name, curve in path.items() if name != JAW)
    inside = [p.co[0] for p in other.keyframe_points if 1 <= p.co[0] <= FRAMES]
    assert inside == original  # an edit of one curve leaves the poses of the others
    assert len(takes) == 1


def test_a_line_far_along_the_timeline_is_not_taken_for_edited(
    scene: bpy.types.Scene, bake_file: BakeFile, addon: Addon
) -> None:
    bake_file("a.wav", 50000)  # where single precision knows frames to 0.004
    head = scene.jambatalk.mesh
    (take,) = addon("write.ownership").takes_of(head)
    record = addon("write.ownership").read(head.data)
    assert not addon("write.edits").find(head.data.shape_keys, record, take)
    assert addon("bake.dragged").follow(head, take, addon("panel.options").read(scene.jambatalk))


def test_a_drag_that_leaves_the_poses_is_keyed_anew_at_its_end(
    scene: bpy.types.Scene, rig: FaceRig, bake_file: BakeFile, dragging: Callable[[], None]
) -> None:
    bake_file("a.wav", 1)
    scene.jambatalk.offset_ms = 200.0
    dragging()
    late = np.concatenate([np.repeat(offsets(rig)[:1], 6, axis=0), offsets(rig)[:-6]])
    assert helpers.worst_mm(scene.jambatalk.mesh, rig.neutral, late, 1, step=3) < 0.15


def rough_takes(addon: Addon) -> list[str]:
    head = bpy.context.scene.jambatalk.mesh
    raw, takes = addon("write.raw"), addon("write.ownership").takes_of(head)
    return [take for take in takes if raw.is_rough(head.data.shape_keys, take)]


@pytest.mark.parametrize("how", ["saved", "undone and redone", "opened again"])
def test_a_drag_that_had_no_time_to_rest_leaves_no_rough_line(
    scene: bpy.types.Scene,
    bake_file: BakeFile,
    dragging: Callable[[], None],
    addon: Addon,
    tmp_path: Path,
    how: str,
) -> None:
    bake_file("a.wav", 1)
    bpy.ops.ed.undo_push(message="baked")
    before, poses = jaw(), keys()
    scene.jambatalk.offset_ms = 200.0
    assert rough_takes(addon)
    assert keys() == poses
    bpy.ops.ed.undo_push(message="dragged")
    path = str(tmp_path / "a.blend")
    if how == "saved":
        bpy.ops.wm.save_as_mainfile(filepath=path)
    elif how == "opened again":  # from a file that Blender saved by itself, without asking us
        bpy.app.handlers.save_pre.remove(addon("panel.adjusting")._settle_before_saving)
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.app.handlers.save_pre.append(addon("panel.adjusting")._settle_before_saving)
        bpy.ops.wm.open_mainfile(filepath=path)
        assert rough_takes(addon) and bpy.app.timers.is_registered(dragging)
        dragging()
    else:
        dragging()
        bpy.ops.ed.undo()
        assert np.allclose(jaw(), before, atol=1e-5) and not rough_takes(addon)
        bpy.ops.ed.redo()
        assert rough_takes(addon) and bpy.app.timers.is_registered(dragging)
        dragging()
    assert not rough_takes(addon)
    assert keys() != poses
    assert np.allclose(jaw()[6:], before[:-6], atol=0.02)


def test_styles_that_are_kept_are_mixed_by_a_slider_also_when_opened_again(
    scene: bpy.types.Scene, bake_file: BakeFile, addon: Addon, worker: UseWorker, tmp_path: Path
) -> None:
    scene.jambatalk.keep_styles = True
    bake_file("a.wav", 1)
    before = jaw()
    worker("internal_error")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    settings = bpy.context.scene.jambatalk
    settings.blend_style = "wide"
    for blend in (0.5, 1.0):
        settings.style_blend = blend
        factor = 1 + blend * (fake_worker.WIDE - 1)
        open_ = before > 0.1
        assert np.allclose(jaw()[open_], factor * before[open_], atol=0.03)
    again = addon("bake.again")
    (take,) = addon("write.ownership").takes_of(settings.mesh)
    chosen = addon("panel.options").read(settings)
    assert not again.notes(settings.mesh, [take], chosen)
    settings.blend_style = "mumbled"
    (note,) = again.notes(settings.mesh, [take], addon("panel.options").read(settings))
    assert note.startswith("Style Blend does nothing yet: bake again")
    assert np.allclose(jaw(), before, atol=0.02)
