"""Many strips with one press: one progress, one summary, one step to undo."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import bpy
import helpers
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

pytestmark = pytest.mark.skipif(
    not bpy.app.build_options.audaspace, reason="this Blender is built without sound"
)
STARTS = {"A": 1, "B": 101, "C": 201}


@pytest.fixture
def strips(scene: bpy.types.Scene, addon: Addon, tmp_path: Path) -> dict[str, bpy.types.Strip]:
    """Three strips of 2 s, and a head to bake them onto."""
    rig = load_face_rig()
    scene.jambatalk.mesh = helpers.make_head(rig.neutral, rig.faces)
    scene.frame_end = 400
    made = {}
    for name, start in STARTS.items():
        sound = helpers.write_wav(tmp_path / f"{name}.wav", 2.0)
        made[name] = helpers.strip_collection(scene).new_sound(name, str(sound), 1, start)
        made[name].select = True
    return made


def moving_frames(head: bpy.types.Object) -> list[int]:
    """Return the starts of the strips at which the jaw moves."""
    jaw = helpers.value_curves(head)['key_blocks["jawOpen"].value']
    return [start for start in STARTS.values() if abs(jaw.evaluate(start + 20)) > 0.01]


def status_of(addon: Addon) -> object:
    return addon("bake.status").STATUS


def test_all_strips_are_baked_and_taken_back_together(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon
) -> None:
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.jambatalk.bake_all() == {"FINISHED"}
    assert moving_frames(scene.jambatalk.mesh) == [1, 101, 201]
    told = status_of(addon).outcome
    assert told.startswith("Baked 3 of 3 sounds, frames 1 to 260, onto 'Head', action '")
    assert status_of(addon).kind.name == "DONE"
    bpy.ops.ed.undo_push(message="Bake All")
    bpy.ops.ed.undo()
    assert bpy.data.objects["Head"].data.shape_keys is None
    assert status_of(addon).outcome == ""


def test_only_selected_strips_are_baked(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon
) -> None:
    strips["B"].select = False
    assert bpy.ops.jambatalk.bake_selected() == {"FINISHED"}
    assert moving_frames(scene.jambatalk.mesh) == [1, 201]
    for strip in strips.values():
        strip.select = False
    reason = addon("bake.operators").JAMBATALK_OT_bake_selected.disabled_reason(bpy.context)
    assert reason == "Select sound strips in the sequencer."
    assert not bpy.ops.jambatalk.bake_selected.poll()


def test_a_selected_meta_strip_stands_for_what_is_inside(
    scene: bpy.types.Scene, strips: dict, addon: Addon
) -> None:
    meta = helpers.strip_collection(scene).new_meta("Meta", 2, 1)
    strips["A"].move_to_meta(meta)
    strips["B"].select = strips["C"].select = False

    def selected() -> list[str]:
        return [strip.name for _, strip in addon("bake.plan").selected_strips(bpy.context)]

    for chosen, inner in ((True, False), (False, True)):
        meta.select, strips["A"].select = chosen, inner
        assert selected() == (["A"] if chosen else [])
    scene.sequence_editor.display_stack(meta)
    assert selected() == ["A"]
    strips["C"].select = True  # outside what the sequencer shows
    assert selected() == ["A"]


def test_the_panel_notices_what_is_selected_and_active(
    scene: bpy.types.Scene, strips: dict, addon: Addon
) -> None:
    def seen() -> list:
        return addon("panel.watch").selection(bpy.context.window_manager)

    states = [seen()]
    strips["B"].select = False
    states.append(seen())
    scene.sequence_editor.active_strip = strips["C"]
    states.append(seen())
    strips["C"].name = "D"
    states.append(seen())
    assert len(states[0]) == 3
    assert all(before != after for before, after in pairwise(states))


def test_a_named_job_does_not_follow_the_sequencer(
    scene: bpy.types.Scene, strips: dict, addon: Addon
) -> None:
    scene.jambatalk.strip, scene.jambatalk.follow_sequencer = "C", True
    scene.sequence_editor.active_strip = strips["A"]
    headless = addon("headless.job")
    job = headless.Job(scene=None, mesh="Head", strip="B", audio=None, start=1, output=None)
    headless._set_up(job, headless.JobOptions())
    assert addon("bake.plan").chosen_strip(bpy.context)[1] == strips["B"]


def test_one_that_fails_is_told_and_stops_none(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon, tmp_path: Path
) -> None:
    (tmp_path / "A.wav").unlink()
    (tmp_path / "B.wav").write_bytes(b"no sound at all")
    assert bpy.ops.jambatalk.bake_all() == {"FINISHED"}
    assert moving_frames(scene.jambatalk.mesh) == [201]
    status = status_of(addon)
    assert status.outcome.startswith("Baked 1 of 3 sounds, frames 201 to 260")
    assert status.kind.name == "WARNED"
    missing, unreadable = status.notes
    assert missing.startswith("Not baked: 'A': The file of the strip 'A' is missing")
    assert unreadable.startswith("Not baked: 'B': ")


def test_none_that_can_be_baked_is_an_error(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon
) -> None:
    worker("user_error")
    with pytest.raises(RuntimeError, match=r"Nothing was baked\. Not baked: 'A', 'B', 'C': The so"):
        bpy.ops.jambatalk.bake_all()
    assert scene.jambatalk.mesh.data.shape_keys is None
    assert status_of(addon).kind.name == "FAILED"


def queue_of(addon: Addon) -> object:
    plan = addon("bake.plan")
    return addon("bake.queue").Queue(plan.make_plans(bpy.context, plan.all_strips(bpy.context)))


def until(done: Callable[[], bool], queue: object) -> None:
    while not done():
        queue.poll(0.05)


def test_progress_is_one_and_cancelling_within_the_second_leaves_the_scene_as_it_was(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon
) -> None:
    before = helpers.snapshot(scene.jambatalk.mesh)
    queue = queue_of(addon)
    seen = []
    until(lambda: seen.append(queue.fraction) or queue.message.startswith("2 of 3, B"), queue)
    worker("slow")  # what is running goes on to its end
    assert seen == sorted(seen)
    assert max(seen) < 1 / 3 + 1e-6
    queue.cancel()
    until(lambda: queue.poll(0.05), queue)
    while not queue.write_next():
        pass
    queue.close()
    summary = queue.summary()
    assert (summary.kind.name, summary.left) == ("CANCELLED", 3)
    assert summary.sentence() == "Cancelled; nothing was changed."
    assert helpers.snapshot(scene.jambatalk.mesh) == before


def test_writing_is_told_before_it_is_done_and_counted_take_by_take(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon
) -> None:
    queue = queue_of(addon)
    until(lambda: queue.poll(0.05), queue)
    assert (queue.message, queue.fraction) == ("Writing", 0.0)
    assert scene.jambatalk.mesh.data.shape_keys is None
    shares = []
    while not queue.write_next():
        shares.append(queue.fraction)
    assert shares == pytest.approx([1 / 3, 2 / 3])
    assert queue.fraction == 1.0
    assert moving_frames(scene.jambatalk.mesh) == [1, 101, 201]


def test_cancelling_while_writing_says_what_is_written(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon
) -> None:
    queue = queue_of(addon)
    until(lambda: queue.poll(0.05), queue)
    queue.write_next()
    queue.cancel()
    assert queue.message == "Cancelling"
    assert queue.write_next()
    assert moving_frames(scene.jambatalk.mesh) == [1]
    summary = queue.summary()
    assert summary.headline().startswith("Cancelled after baking 1 of 3 sounds, frames 1 to 60")
    assert (summary.kind.name, summary.left) == ("CANCELLED", 2)


def test_strips_of_the_chosen_ones_scene_if_the_sequencer_shows_none(
    scene: bpy.types.Scene, strips: dict, worker: UseWorker, addon: Addon
) -> None:
    other = bpy.data.scenes.new("Act")
    other.render.fps = 30
    bpy.context.window.scene = other
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = None
    other.jambatalk.mesh = scene.jambatalk.mesh
    found = addon("bake.plan").all_strips(bpy.context)
    assert [(owner.name, strip.name) for owner, strip in found] == [
        (scene.name, name) for name in STARTS
    ]


def test_added_sounds_lie_in_a_row_from_the_playhead_and_the_first_is_chosen(
    scene: bpy.types.Scene, strips: dict, tmp_path: Path
) -> None:
    scene.frame_set(50)
    for name in ("x", "y"):
        helpers.write_wav(tmp_path / f"{name}.wav", 3.0)
    (tmp_path / "z.wav").write_text("no sound")
    scene.jambatalk.source = "FILE"
    names = [{"name": f"{name}.wav"} for name in ("x", "y")]
    assert bpy.ops.jambatalk.add_sound(directory=str(tmp_path), files=names) == {"FINISHED"}
    added = {s.name: s for s in helpers.strip_collection(scene) if s.name in ("x", "y")}
    assert (added["x"].channel, added["x"].frame_final_start) == (2, 50)
    assert (added["y"].channel, added["y"].frame_final_start) == (2, 140)
    assert (scene.jambatalk.source, scene.jambatalk.strip) == ("STRIP", "x")
    assert [strip.name for strip in helpers.strip_collection(scene) if strip.select] == ["x", "y"]
    with pytest.raises(RuntimeError, match=r"z\.wav is not a sound that Blender can play"):
        bpy.ops.jambatalk.add_sound(directory=str(tmp_path), files=[{"name": "z.wav"}])
    assert "z" not in helpers.strip_collection(scene)
    assert "z.wav" not in bpy.data.sounds
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        assert bpy.context.workspace.sequencer_scene == scene
