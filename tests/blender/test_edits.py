"""A bake over a line that the artist has edited keeps the edits, or a copy, and says which."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
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


@pytest.fixture
def head(
    scene: bpy.types.Scene, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> bpy.types.Object:
    settings = scene.jambatalk
    settings.mesh = helpers.make_head(rig.neutral, rig.faces)
    settings.source = "FILE"
    settings.sound_file = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    return settings.mesh


def jaw(head: bpy.types.Object) -> bpy.types.FCurve:
    return helpers.value_curves(head)[JAW]


def values(curve: bpy.types.FCurve, first: int = 1) -> np.ndarray:
    return np.array([curve.evaluate(first + t) for t in range(FRAMES)])


def model(strength: float = 1.0) -> np.ndarray:
    return strength * fake_worker.weights_at(np.arange(FRAMES) / 30)[:, 0]


def bake(**changes: object) -> str:
    """Bake with some settings changed, and return what the artist is told."""
    for name, value in changes.items():
        setattr(bpy.context.scene.jambatalk, name, value)
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    return told()


def told() -> str:
    """Return all that the panel shows of how the last bake or clearing ended."""
    name = next(name for name in sys.modules if name.endswith("jambatalk_addon.bake.status"))
    status = sys.modules[name].STATUS
    return " ".join([status.outcome, *status.notes])


def copies() -> list[bpy.types.Action]:
    return [action for action in bpy.data.actions if "as edited" in action.name]


def raised(head: bpy.types.Object) -> None:
    for key in jaw(head).keyframe_points:
        if 20 <= key.co.x <= 40:
            for place in (key.co, key.handle_left, key.handle_right):
                place.y += 0.2
    jaw(head).update()


def moved(head: bpy.types.Object) -> None:
    key = jaw(head).keyframe_points[4]
    for place in (key.co, key.handle_left, key.handle_right):
        place.x += 1
    jaw(head).update()


def thinned(head: bpy.types.Object) -> None:
    keys = jaw(head).keyframe_points
    for number in (5, 4, 3):
        keys.remove(keys[number])
    jaw(head).update()


def added(head: bpy.types.Object) -> None:
    jaw(head).keyframe_points.insert(30, 0.9)


def stepped(head: bpy.types.Object) -> None:
    for key in jaw(head).keyframe_points:
        key.interpolation = "CONSTANT"
    jaw(head).update()


def loosened(head: bpy.types.Object) -> None:
    for key in jaw(head).keyframe_points[3:6]:
        key.handle_left_type = key.handle_right_type = "FREE"
        key.handle_right.y += 0.1
    jaw(head).update()


EDITS = [raised, moved, thinned, added, stepped, loosened]


def test_nothing_is_called_edited_that_is_not(
    head: bpy.types.Object, addon: Addon, tmp_path: Path
) -> None:
    def found() -> list[bool]:
        head = bpy.data.objects["Head"]
        record = addon("write.ownership").read(head.data)
        key = head.data.shape_keys
        return [bool(addon("write.edits").find(key, record, take)) for take in record.takes]

    assert found() == [False]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert found() == [False]
    assert "Your" not in bake()
    settings = bpy.context.scene.jambatalk
    for start, name in ((61, "next"), (31, "over"), (200, "far")):
        settings.sound_file = str(helpers.write_wav(tmp_path / f"{name}.wav", 1.0))
        settings.start_frame = start
        assert "Your" not in bake()
    assert found() == [False] * 4
    assert not copies()


@pytest.mark.parametrize("edit", EDITS)
def test_edits_stay_on_top_of_a_stronger_bake(head: bpy.types.Object, edit: Callable) -> None:
    edit(head)
    difference = values(jaw(head)) - model()
    assert np.abs(difference).max() > 0.01
    said = bake(strength=0.5)
    assert np.abs(values(jaw(head)) - (model(0.5) + difference)).max() < 0.01
    assert "Your changes to the curves of 'jawOpen' are kept on top." in said
    bake(strength=1.0)
    assert np.abs(values(jaw(head)) - (model() + difference)).max() < 0.01
    assert not copies()


@pytest.mark.parametrize("edit", EDITS)
def test_replaced_edits_are_kept_in_a_copy(head: bpy.types.Object, edit: Callable) -> None:
    edit(head)
    edited = values(jaw(head))
    said = bake(edits="REPLACE")
    assert np.abs(values(jaw(head)) - model()).max() < 0.01
    (copy,) = copies()
    assert copy.use_fake_user
    assert f"kept in the action '{copy.name}'" in said
    data = head.data.shape_keys.animation_data
    data.action = copy
    if hasattr(data, "action_slot"):
        data.action_slot = copy.slots[0]
    assert np.array_equal(values(jaw(head)), edited)


def test_the_buttons_answer_goes_before_the_setting(head: bpy.types.Object) -> None:
    raised(head)
    bpy.context.scene.jambatalk.edits = "REPLACE"
    assert bpy.ops.jambatalk.bake(edits="KEEP") == {"FINISHED"}
    assert "kept on top" in told()
    bpy.context.scene.jambatalk.edits = "KEEP"
    assert bpy.ops.jambatalk.bake(edits="REPLACE") == {"FINISHED"}
    assert np.abs(values(jaw(head)) - model()).max() < 0.01
    assert bpy.context.scene.jambatalk.edits == "KEEP"


def test_edits_go_with_a_line_that_is_moved(head: bpy.types.Object) -> None:
    raised(head)
    difference = values(jaw(head)) - model()
    bake(start_frame=21)
    assert np.abs(values(jaw(head), 21) - (model() + difference)).max() < 0.01


def shift_up(head: bpy.types.Object) -> None:
    for key in jaw(head).keyframe_points:  # those at rest too
        for place in (key.co, key.handle_left, key.handle_right):
            place.y += 0.2
    jaw(head).update()


def test_an_edited_easing_stays_in_place_and_goes_where_it_would_be_left_behind(
    head: bpy.types.Object,
) -> None:
    shift_up(head)
    bake(strength=0.5)
    assert abs(jaw(head).evaluate(-40) - 0.2) < 1e-5
    assert not copies()
    assert "kept in the action" in bake(start_frame=21)
    assert abs(jaw(head).evaluate(1)) < 1e-5
    bpy.data.actions.remove(copies()[0])
    bpy.context.scene.jambatalk.start_frame = 1
    bake()
    shift_up(head)
    bake(edits="REPLACE")
    assert abs(jaw(head).evaluate(-40)) < 1e-5
    assert "Your changes" not in told()
    bpy.data.actions.remove(copies()[0])
    bpy.ops.jambatalk.clear()
    assert not copies()


def test_key_types_alone_are_kept_in_a_copy(head: bpy.types.Object) -> None:
    jaw(head).keyframe_points[3].type = "EXTREME"
    assert "kept in the action" in bake()
    assert len(copies()) == 1


def test_a_deleted_curve_stays_deleted_until_it_is_replaced(head: bpy.types.Object) -> None:
    action = head.data.shape_keys.animation_data.action
    curves = (
        action.fcurves
        if not hasattr(action, "slots")
        else (action.layers[0].strips[0].channelbags[0].fcurves)
    )
    curves.remove(jaw(head))
    for _ in range(2):
        assert "Left out, as you deleted their curves: 'jawOpen'." in bake()
        assert JAW not in helpers.value_curves(head)
    bake(edits="REPLACE")
    assert np.abs(values(jaw(head)) - model()).max() < 0.01


def test_modifiers_and_muting_outlive_a_bake(head: bpy.types.Object) -> None:
    jaw(head).modifiers.new("NOISE").strength = 0.25
    jaw(head).mute = True
    bake(strength=0.5)
    assert jaw(head).mute
    assert [modifier.strength for modifier in jaw(head).modifiers] == [0.25]
    jaw(head).modifiers[0].mute = True
    assert np.abs(values(jaw(head)) - model(0.5)).max() < 0.01


def test_a_slider_range_of_the_artists_stays_and_is_said(head: bpy.types.Object) -> None:
    block = head.data.shape_keys.key_blocks["jawOpen"]
    block.slider_max = 0.1
    assert "The sliders of 'jawOpen' end before" in bake()
    assert abs(block.slider_max - 0.1) < 1e-6


@pytest.mark.parametrize("replaced", [False, True])
def test_a_sculpted_key_keeps_its_shape_or_a_copy(
    head: bpy.types.Object, rig: FaceRig, replaced: bool
) -> None:
    blocks = head.data.shape_keys.key_blocks
    blocks["jawOpen"].data[7].co.x += 0.01
    mine = np.array([point.co for point in blocks["jawOpen"].data])
    said = bake(edits="REPLACE" if replaced else "KEEP")
    name = "jawOpen (edited)" if replaced else "jawOpen"
    assert np.array_equal(np.array([point.co for point in blocks[name].data]), mine)
    assert ("Your shape of 'jawOpen' is kept as" if replaced else "'jawOpen'") in said
    bpy.ops.jambatalk.clear()
    assert name in head.data.shape_keys.key_blocks


def test_a_renamed_key_is_driven_and_not_doubled(head: bpy.types.Object, rig: FaceRig) -> None:
    head.data.shape_keys.key_blocks["jawOpen"].name = "MyJaw"
    bake()
    assert "jawOpen" not in head.data.shape_keys.key_blocks
    weights = fake_worker.weights_at(np.arange(FRAMES) / 30)
    offsets = np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)
    assert helpers.worst_mm(head, rig.neutral, offsets, 1, step=3) < 0.15
    bpy.ops.jambatalk.clear()
    assert head.data.shape_keys is None


def test_a_key_renamed_and_sculpted_is_driven_and_keeps_its_shape(head: bpy.types.Object) -> None:
    block = head.data.shape_keys.key_blocks["jawOpen"]
    block.name = "MyJaw"
    block.data[7].co.x += 0.01
    mine = np.array([point.co for point in block.data])
    bake(strength=0.5)
    blocks = head.data.shape_keys.key_blocks
    assert "jawOpen" not in blocks
    assert np.array_equal(np.array([point.co for point in blocks["MyJaw"].data]), mine)
    curve = helpers.value_curves(head)['key_blocks["MyJaw"].value']
    assert np.abs(values(curve) - model(0.5)).max() < 0.01


def test_a_key_that_takes_a_renamed_ones_name_is_left_alone(
    head: bpy.types.Object, rig: FaceRig
) -> None:
    head.data.shape_keys.key_blocks["jawOpen"].name = "MyJaw"
    own = head.shape_key_add(name="jawOpen", from_mix=False)
    own.data[7].co.x += 0.01
    mine = np.array([point.co for point in own.data])
    bake()
    own = head.data.shape_keys.key_blocks["jawOpen"]
    assert np.array_equal(np.array([point.co for point in own.data]), mine)
    assert JAW not in helpers.value_curves(head)


@pytest.mark.parametrize("operator", ["clear", "clear_take"])
def test_clearing_edits_keeps_a_copy(head: bpy.types.Object, operator: str) -> None:
    raised(head)
    edited = values(jaw(head))
    take = next(iter(json.loads(head.data.shape_keys["jambatalk"])["takes"]))
    arguments = {"take": take} if operator == "clear_take" else {}
    getattr(bpy.ops.jambatalk, operator)(**arguments)
    (copy,) = copies()
    holder = copy if not hasattr(copy, "slots") else copy.layers[0].strips[0].channelbags[0]
    assert np.array_equal(values(holder.fcurves.find(JAW)), edited)
    assert copy.name in told()


def test_a_retimed_exact_bake_is_kept_in_a_copy(head: bpy.types.Object) -> None:
    bake(output="EXACT")
    assert "kept in" not in bake()
    curve = helpers.value_curves(head)["eval_time"]
    curve.keyframe_points[30].co.x += 0.5
    assert "Your changes are kept in the action" in bake()
    assert len(copies()) == 1


def test_an_edited_line_under_a_new_one_and_hand_keys_are_kept_in_a_copy(
    head: bpy.types.Object, tmp_path: Path
) -> None:
    raised(head)
    settings = bpy.context.scene.jambatalk
    settings.sound_file = str(helpers.write_wav(tmp_path / "over.wav", 1.0))
    assert "kept in the action" in bake(start_frame=31)
    jaw(head).keyframe_points.insert(310, 0.7)
    settings.sound_file = str(helpers.write_wav(tmp_path / "late.wav", 1.0))
    assert "kept in the action" in bake(start_frame=300)
    assert len(copies()) == 2


def test_what_an_earlier_version_wrote_is_kept_in_a_copy(head: bpy.types.Object) -> None:
    del head.data.shape_keys["jambatalk_written"]
    assert "kept in the action" in bake()
    assert "kept in the action" not in bake()


def test_what_is_remembered_is_small(
    scene: bpy.types.Scene, rig: FaceRig, addon: Addon, tmp_path: Path, worker: UseWorker
) -> None:
    settings = scene.jambatalk
    settings.mesh = helpers.make_head(rig.neutral, rig.faces)
    settings.source = "FILE"
    settings.sound_file = str(helpers.write_wav(tmp_path / "minute.wav", 60.0))
    bpy.ops.jambatalk.bake()
    kept = settings.mesh.data.shape_keys["jambatalk_written"]
    keys = sum(len(curve.keyframe_points) for curve in helpers.value_curves(settings.mesh).values())
    sizes = {name: len(kept[name]) for name in kept.keys()}  # noqa: SIM118
    motions = sum(size for name, size in sizes.items() if name.endswith("*"))
    assert 0 < motions < 100_000
    assert sum(sizes.values()) - motions < 16 * keys


@pytest.mark.parametrize("answer", ["keep", "replace"])
def test_the_command_line_says_what_becomes_of_edits(
    head: bpy.types.Object,
    addon: Addon,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answer: str,
) -> None:
    raised(head)
    difference = values(jaw(head)) - model()
    scene, output = tmp_path / "edited.blend", tmp_path / "out.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    arguments = ["bake", scene, "--audio", tmp_path / "line.wav", "--mesh", "Head"]
    arguments += ["--output", output, "--edits", answer]
    assert addon("headless.cli").run_command(list(map(str, arguments))) == 0
    said = capsys.readouterr().out
    assert ("kept on top" in said) == (answer == "keep")
    assert ("kept in the action" in said) == (answer == "replace")
    bpy.ops.wm.open_mainfile(filepath=str(output))
    expected = model() + (difference if answer == "keep" else 0.0)
    assert np.abs(values(jaw(bpy.data.objects["Head"])) - expected).max() < 0.01
    assert len(copies()) == (answer == "replace")
