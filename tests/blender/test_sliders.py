"""Custom properties of a rig that move a face through drivers, as Daz's figures have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from tests.named_heads import ARKIT_SPELLINGS, Head, flame_head

FRAMES = 60
SPEECH = fake_worker.SPEECH_SHAPES
Made = Callable[[str], tuple[bpy.types.Object, bpy.types.ID]]


def add_driver(obj: bpy.types.Object, key: str, owner: bpy.types.ID, path: str, by: float) -> None:
    driver = obj.data.shape_keys.driver_add(f'key_blocks["{key}"].value').driver
    variable = driver.variables.new()
    variable.targets[0].id_type = owner.id_type
    variable.targets[0].id, variable.targets[0].data_path = owner, path
    driver.expression = f"var * {by}"


@pytest.fixture
def head() -> Head:
    return flame_head()


@pytest.fixture
def figure(scene: bpy.types.Scene, head: Head, tmp_path: Path) -> Made:
    """A head whose keys follow an armature's properties, wherever these are, in a file opened."""

    def make(place: str) -> tuple[bpy.types.Object, bpy.types.ID]:
        mesh = helpers.make_head(head.points, head.triangles, "Figure")
        helpers.add_keys(mesh, {f"pJCM {name}": head.shapes[name] for name in SPEECH})
        rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
        scene.collection.objects.link(rig)
        bpy.context.view_layer.objects.active = rig
        bpy.ops.object.mode_set(mode="EDIT")
        rig.data.edit_bones.new("Controls").tail = (0, 0, 0.1)
        bpy.ops.object.mode_set(mode="OBJECT")
        mesh.modifiers.new("Armature", "ARMATURE").object = rig
        holder = {"object": rig, "data": rig.data, "bone": rig.pose.bones[0], "mesh": mesh}[place]
        owner = rig if place == "bone" else holder
        stem = 'pose.bones["Controls"]' if place == "bone" else ""
        for name in SPEECH:
            prop = ARKIT_SPELLINGS["Daz"](name)
            holder[prop] = 0.0
            if place == "bone":
                holder.id_properties_ui(prop).update(min=0, max=100, soft_min=0, soft_max=100)
            by = 0.01 if place == "bone" else 1.0
            add_driver(mesh, f"pJCM {name}", owner, f'{stem}["{prop}"]', by)
        holder["a switch"] = 1
        file = str(tmp_path / "figure.blend")
        bpy.ops.wm.save_as_mainfile(filepath=file)
        bpy.ops.wm.open_mainfile(filepath=file)
        mesh = bpy.data.objects["Figure"]
        rig = bpy.data.objects["Rig"]
        bpy.context.scene.jambatalk.mesh = mesh
        return mesh, {"data": rig.data, "mesh": mesh}.get(place, rig)

    return make


@pytest.fixture
def bake(worker: UseWorker, tmp_path: Path) -> Callable[[], None]:
    sound = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))

    def act() -> None:
        settings = bpy.context.scene.jambatalk
        settings.source, settings.sound_file = "FILE", sound
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}

    return act


def wanted_opening() -> np.ndarray:
    weights = fake_worker.weights_at(np.arange(FRAMES) / 30)
    opening = lip_opening(Motion(30.0, SPEECH, load_face_rig().select(SPEECH), weights))
    assert opening is not None
    return opening


@pytest.mark.parametrize("place", ["object", "data", "bone", "mesh"])
def test_properties_are_keyed_wherever_they_are_and_lips_follow(
    figure: Made, bake: Callable[[], None], head: Head, addon: Addon, place: str
) -> None:
    mesh, owner = figure(place)
    bake()
    holder = addon("write.fcurves").find_holder(owner)
    assert all("facs_" in curve.data_path for curve in holder.fcurves)
    assert len(holder.fcurves) >= len(SPEECH) - 4
    shown, wanted = helpers.lip_opening(head, mesh, FRAMES), wanted_opening()
    assert np.corrcoef(shown, np.maximum(wanted, 0))[0, 1] > 0.95
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    assert owner.animation_data is None
    bpy.context.view_layer.update()
    assert np.allclose(helpers.evaluated_points(mesh, 1), head.points, atol=1e-6)


def test_sliders_of_the_panel_and_edits_act_on_properties(
    figure: Made, bake: Callable[[], None], addon: Addon
) -> None:
    _, owner = figure("object")
    owner["facs_jnt_JawOpen"] = 0.25
    bake()
    find = addon("write.fcurves").find_holder
    path = '["facs_jnt_JawOpen"]'

    def jaw() -> np.ndarray:
        curve = find(owner).fcurves.find(path)
        return np.array([curve.evaluate(frame) for frame in range(1, FRAMES + 1)])

    plain = jaw()
    bpy.context.scene.jambatalk.jaw = 0.5
    assert 0.3 < jaw().max() / plain.max() < 0.75
    bpy.context.scene.jambatalk.jaw = 1.0
    assert np.allclose(jaw(), plain, atol=1e-3)
    keys = find(owner).fcurves.find(path).keyframe_points
    middle = next(key for key in keys if key.co.x > 20)
    middle.co.y += 0.2
    frame = round(middle.co.x)
    raised = jaw()[frame - 1]
    bake()
    assert jaw()[frame - 1] == pytest.approx(raised, abs=2e-3)
    bpy.ops.jambatalk.clear()
    assert owner["facs_jnt_JawOpen"] == pytest.approx(0.25)


def test_a_rigs_properties_with_keys_or_drivers_of_the_artists_are_refused(
    figure: Made, bake: Callable[[], None]
) -> None:
    _, owner = figure("object")
    owner.keyframe_insert('["facs_jnt_JawOpen"]', frame=3)
    with pytest.raises(RuntimeError, match="'facs_jnt_JawOpen' has keys of yours"):
        bake()
