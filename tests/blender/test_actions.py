"""Clear and Exact take off what bakes made, whatever else the artist keeps in it or uses it for."""

from __future__ import annotations

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
needs_slots = pytest.mark.skipif(
    not hasattr(bpy.types, "ActionSlot"), reason="an action animates one thing only before 4.4"
)


@pytest.fixture
def head(
    scene: bpy.types.Scene, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> bpy.types.Object:
    settings = scene.jambatalk
    settings.mesh = helpers.make_head(rig.neutral, rig.faces)
    settings.source = "FILE"
    settings.sound_file = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))
    return settings.mesh


def offsets(rig: FaceRig) -> np.ndarray:
    weights = fake_worker.weights_at(np.arange(FRAMES) / 30)
    return np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)


def bake(output: str = "CURVES") -> str:
    bpy.context.scene.jambatalk.output = output
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    return output


def action_of(head: bpy.types.Object) -> bpy.types.Action:
    return head.data.shape_keys.animation_data.action


def key_location(head: bpy.types.Object) -> None:
    for frame, x in ((1, 0.0), (50, 5.0)):
        head.location.x = x
        head.keyframe_insert("location", frame=frame)


def location_at(head: bpy.types.Object, frame: int) -> float:
    bpy.context.scene.frame_set(frame)
    return head.evaluated_get(bpy.context.evaluated_depsgraph_get()).location.x


def told(addon: Addon) -> str:
    """Return all that the panel shows of how the last bake or clearing ended."""
    status = addon("bake.status").STATUS
    return " ".join([status.outcome, *status.notes])


def clear() -> None:
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}


def bake_exactly() -> None:
    bake("EXACT")


@pytest.mark.parametrize("take_off", [clear, bake_exactly])
def test_the_objects_own_keys_stay(head: bpy.types.Object, take_off: Callable) -> None:
    bake()
    key_location(head)
    take_off()
    assert location_at(head, 50) == 5.0
    assert location_at(head, 1) == 0.0
    assert not [s for s in getattr(head.animation_data.action, "slots", []) if not s.users()]


@needs_slots
@pytest.mark.parametrize("take_off", [clear, bake_exactly])
def test_another_slot_that_nothing_uses_now_stays(
    head: bpy.types.Object, take_off: Callable
) -> None:
    bake()
    key_location(head)
    name = action_of(head).name
    head.animation_data_clear()
    take_off()
    action = bpy.data.actions[name]
    assert [slot.identifier for slot in action.slots if slot.identifier.startswith("OB")]
    curves = action.layers[0].strips[0].channelbag(action.slots["OBHead"]).fcurves
    assert {curve.data_path for curve in curves} == {"location"}


def protect_by_fake_user(head: bpy.types.Object) -> None:
    action_of(head).use_fake_user = True


def protect_by_asset(head: bpy.types.Object) -> None:
    action_of(head).asset_mark()


def protect_by_strip(head: bpy.types.Object) -> None:
    data = head.data.shape_keys.animation_data
    data.nla_tracks.new().strips.new("kept", 300, data.action)


@pytest.mark.parametrize("take_off", [clear, bake_exactly])
@pytest.mark.parametrize("protect", [protect_by_fake_user, protect_by_asset, protect_by_strip])
def test_an_action_the_artist_keeps_stays_whole(
    head: bpy.types.Object, addon: Addon, protect: Callable, take_off: Callable
) -> None:
    bake()
    curves = helpers.snapshot(head)["curves"]
    protect(head)
    action = action_of(head)
    take_off()
    assert f"The action '{action.name}' is left whole" in told(addon)
    data = head.data.shape_keys.animation_data_create() if head.data.shape_keys else None
    if data is None:
        head.shape_key_add(name="Basis")
        data = head.data.shape_keys.animation_data_create()
    data.action = action
    if hasattr(data, "action_slot"):
        data.action_slot = action.slots[0]
    assert helpers.snapshot(head)["curves"] == curves


@pytest.mark.parametrize("what", ["marker", "property"])
def test_what_the_artist_put_into_the_action_stays(
    head: bpy.types.Object, addon: Addon, tmp_path: Path, what: str
) -> None:
    bake()
    action = action_of(head)
    if what == "marker":
        action.pose_markers.new("smile").frame = 12
    else:
        action["note"] = "from the director"
    clear()
    assert "is left with what you added" in told(addon)
    saved = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=saved)
    bpy.ops.wm.open_mainfile(filepath=saved)
    action = action_of(bpy.data.objects["Head"])
    assert action.get("note") or action.pose_markers[0].frame == 12
    assert not helpers.value_curves(bpy.data.objects["Head"])


def test_artists_curves_drivers_and_tracks_on_the_shape_keys_stay(head: bpy.types.Object) -> None:
    bake()
    key = head.data.shape_keys
    key.key_blocks["mouthPucker"].driver_add("value").driver.expression = "0.5"
    key.key_blocks["jawOpen"].keyframe_insert("slider_max", frame=1)
    key.animation_data.nla_tracks.new().name = "mine"
    clear()
    key = head.data.shape_keys
    assert [d.data_path for d in key.animation_data.drivers] == ['key_blocks["mouthPucker"].value']
    assert list(helpers.value_curves(head)) == ['key_blocks["jawOpen"].slider_max']
    assert key.animation_data.nla_tracks[0].name == "mine"
    assert key.key_blocks.keys() == ["Basis", "mouthPucker"]
    assert not [name for name, _ in key.items() if name.startswith("jambatalk")]


def test_a_key_relative_to_one_of_ours_keeps_its_shape(
    head: bpy.types.Object, addon: Addon
) -> None:
    bake()
    corrective = head.shape_key_add(name="Corrective", from_mix=False)
    corrective.relative_key = head.data.shape_keys.key_blocks["jawOpen"]
    clear()
    assert head.data.shape_keys.key_blocks.keys() == ["Basis", "jawOpen", "Corrective"]
    assert corrective.relative_key.name == "jawOpen"
    assert "The shape key 'jawOpen' is left: 'Corrective' is relative to it." in told(addon)
    with pytest.raises(RuntimeError, match="exact bake needs"):
        bake("EXACT")


def test_a_basis_sculpted_since_is_the_mesh_after_clear(head: bpy.types.Object) -> None:
    bake()
    head.data.shape_keys.key_blocks["Basis"].data[7].co.x += 0.25
    moved = helpers.evaluated_points(head, 300)
    clear()
    assert head.data.shape_keys is None
    assert np.abs(helpers.evaluated_points(head, 300) - moved).max() < 1e-6


def test_a_custom_property_of_the_artists_keeps_the_shape_keys(head: bpy.types.Object) -> None:
    bake()
    head.data.shape_keys["approved"] = True
    clear()
    assert list(head.data.shape_keys.keys()) == ["approved"]
    assert head.data.shape_keys.key_blocks.keys() == ["Basis"]


@pytest.mark.parametrize("take_off", [clear, bake_exactly])
def test_nothing_of_ours_is_left_where_the_artist_has_nothing(
    head: bpy.types.Object, take_off: Callable
) -> None:
    before = helpers.snapshot(head)
    bake()
    take_off()
    if take_off is bake_exactly:
        clear()
    assert helpers.snapshot(head) == before


def test_a_twin_cleared_leaves_the_first_and_its_objects_keys(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig
) -> None:
    bake()
    key_location(head)
    twin = head.copy()
    twin.data = head.data.copy()
    bpy.context.collection.objects.link(twin)
    scene.jambatalk.mesh = twin
    clear()
    head.animation_data.action = head.animation_data.action
    assert location_at(head, 50) == location_at(twin, 50) == 5.0
    assert helpers.worst_mm(head, rig.neutral, offsets(rig), 1) < 0.15
    assert len(bpy.data.actions) == (1 if hasattr(bpy.types, "ActionSlot") else 2)


def test_a_bake_onto_an_action_that_a_twins_strip_plays_leaves_the_twin_alone(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig
) -> None:
    bake()
    twin = head.copy()
    twin.data = head.data.copy()
    bpy.context.collection.objects.link(twin)
    data = twin.data.shape_keys.animation_data
    strip = data.nla_tracks.new().strips.new("line", 1, data.action)
    strip.frame_start = strip.action_frame_start
    data.action = None
    scene.jambatalk.strength = 0.0
    bake()
    assert helpers.worst_mm(twin, rig.neutral, offsets(rig), 1) < 0.15
