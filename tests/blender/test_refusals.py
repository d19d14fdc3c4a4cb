"""What cannot be baked is refused in one sentence, the same in the panel and headless."""

from collections.abc import Callable
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import FaceRig


@pytest.fixture
def head(scene: bpy.types.Scene, rig: FaceRig, tmp_path: Path) -> bpy.types.Object:
    head = helpers.make_head(rig.neutral, rig.faces)
    scene.jambatalk.mesh = head
    scene.jambatalk.source = "FILE"
    scene.jambatalk.sound_file = str(helpers.write_wav(tmp_path / "line.wav", 2.0))
    return head


def assert_refused(addon: Addon, words: str) -> None:
    """Assert that the button is grey and the headless command fails, both with these words."""
    reason = addon("bake.operators").JAMBATALK_OT_bake.disabled_reason(bpy.context)
    assert reason is not None
    assert words in reason
    assert not bpy.ops.jambatalk.bake.poll()
    with pytest.raises(addon("bake.plan").UserError) as refusal:
        addon("bake.run").bake_and_wait(bpy.context)
    assert str(refusal.value) == reason


def scramble(head: bpy.types.Object, rig: FaceRig) -> bpy.types.Object:
    order = np.random.default_rng(0).permutation(len(rig.neutral))
    return helpers.make_head(rig.neutral[np.argsort(order)], order[rig.faces], "Scrambled")


def cube(head: bpy.types.Object, rig: FaceRig) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add()
    return bpy.context.object


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (cube, "has 8 vertices where FLAME has 5023"),
        (cube, "give it shapes: Prepare This Head"),
        (scramble, "vertices in another order"),
    ],
)
def test_meshes_that_are_not_flame(
    addon: Addon, head: bpy.types.Object, rig: FaceRig, make: Callable, words: str
) -> None:
    bpy.context.scene.jambatalk.mesh = make(head, rig)
    assert_refused(addon, words)


def test_no_mesh(addon: Addon, head: bpy.types.Object) -> None:
    bpy.context.scene.jambatalk.mesh = None
    bpy.context.view_layer.objects.active = None
    assert_refused(
        addon,
        "Choose a mesh with FLAME's 5023 vertices or a mesh with ARKit, viseme or VRM shape keys.",
    )


def test_edit_mode(addon: Addon, head: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = head
    bpy.ops.object.mode_set(mode="EDIT")
    assert_refused(addon, "Leave Edit mode on 'Head' first.")
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bpy.ops.jambatalk.bake.poll()


def test_linked_mesh(addon: Addon, head: bpy.types.Object, tmp_path: Path) -> None:
    library = str(tmp_path / "library.blend")
    sound = bpy.context.scene.jambatalk.sound_file
    bpy.ops.wm.save_as_mainfile(filepath=library, copy=True)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(library, link=True) as (_, target):
        target.objects = ["Head"]
    settings = bpy.context.scene.jambatalk
    settings.mesh = bpy.data.objects["Head"]
    settings.source, settings.sound_file = "FILE", sound
    assert_refused(addon, "is linked from library.blend")


def test_absolute_shape_keys(addon: Addon, head: bpy.types.Object) -> None:
    head.shape_key_add(name="Basis")
    head.data.shape_keys.use_relative = False
    assert_refused(addon, "has absolute shape keys")


def test_action_shared_with_another_mesh(
    addon: Addon, head: bpy.types.Object, rig: FaceRig
) -> None:
    head.shape_key_add(name="Basis")
    head.shape_key_add(name="Smile").keyframe_insert("value", frame=1)
    twin = helpers.make_head(rig.neutral, rig.faces, "Twin")
    twin.data = head.data.copy()
    assert_refused(addon, "animates another mesh too")


def test_missing_sound_file(addon: Addon, head: bpy.types.Object, tmp_path: Path) -> None:
    bpy.context.scene.jambatalk.sound_file = str(tmp_path / "gone.wav")
    assert_refused(addon, "There is no sound file at")


def test_no_strip_then_an_unknown_one(addon: Addon, head: bpy.types.Object) -> None:
    bpy.context.scene.jambatalk.source = "STRIP"
    assert_refused(addon, "Add a sound strip to the sequencer")
    bpy.context.scene.jambatalk.strip_name = "Line 9"
    assert_refused(addon, "There is no sound strip 'Line 9'")


def test_strip_whose_file_is_missing(
    addon: Addon, rig: FaceRig, strip_scene: Path, tmp_path: Path
) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(strip_scene))
    bpy.context.scene.jambatalk.mesh = helpers.make_head(rig.neutral, rig.faces)
    bpy.data.sounds[0].filepath = str(tmp_path / "gone.wav")
    assert_refused(addon, "The file of the strip 'Line' is missing:")


def test_exact_bake_beside_the_artists_keys(head: bpy.types.Object, worker: UseWorker) -> None:
    head.shape_key_add(name="Basis")
    head.shape_key_add(name="Smile")
    bpy.ops.jambatalk.bake()
    before = helpers.snapshot(head)
    bpy.context.scene.jambatalk.output = "EXACT"
    with pytest.raises(RuntimeError, match="needs a mesh without other shape keys"):
        bpy.ops.jambatalk.bake()
    assert helpers.snapshot(head) == before


def test_model_for_another_mesh(addon: Addon, head: bpy.types.Object) -> None:
    motion = addon("bake.run").Motion
    other = motion(
        30.0, ("shape",), np.ones((1, 9, 3), np.float32), np.ones((4, 1), np.float32), "nine"
    )
    with pytest.raises(addon("bake.plan").UserError, match="moves a mesh of 9 vertices"):
        addon("write.apply").write_motion(head, other, "take", 1, tolerance_mm=0.1)
    assert head.data.shape_keys is None


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("user_error", "The sound is silent."),
        ("internal_error", "A layer is wrong."),
        ("die", "ended unexpectedly"),
    ],
)
def test_worker_errors_leave_the_mesh_alone(
    head: bpy.types.Object, worker: UseWorker, mode: str, words: str
) -> None:
    before = helpers.snapshot(head)
    worker(mode)
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.jambatalk.bake()
    assert helpers.snapshot(head) == before
    worker("")
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}


def test_python_that_does_not_exist(
    head: bpy.types.Object, worker: UseWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAMBATALK_PYTHON", "/nowhere/python")
    with pytest.raises(RuntimeError, match="The Python at /nowhere/python does not start"):
        bpy.ops.jambatalk.bake()


@pytest.fixture
def bake(addon: Addon, head: bpy.types.Object, worker: UseWorker) -> object:
    """A bake whose worker takes its time."""
    worker("slow")
    bake = addon("bake.run").Bake(addon("bake.plan").make_plan(bpy.context))
    while bake.prediction.fraction == 0:
        bake.poll(0.1)
    yield bake
    bake.close()


def finish(bake: object) -> None:
    while not bake.poll(0.1):
        pass


def test_cancelling(addon: Addon, head: bpy.types.Object, bake: object) -> None:
    before = helpers.snapshot(head)
    bake.prediction.cancel()
    finish(bake)
    assert bake.prediction.motion is None
    assert helpers.snapshot(head) == before
    assert addon("worker.session").warm_worker().alive


def test_cancelling_a_worker_that_does_not_answer_ends_it(
    addon: Addon, head: bpy.types.Object, worker: UseWorker
) -> None:
    worker("deaf")
    bake = addon("bake.run").Bake(addon("bake.plan").make_plan(bpy.context))
    process = addon("worker.session").warm_worker()
    while bake.prediction.fraction == 0:
        bake.poll(0.1)
    bake.prediction.cancel()
    finish(bake)
    bake.close()
    assert bake.prediction.motion is None
    assert not process.alive


def test_killing_the_worker(addon: Addon, head: bpy.types.Object, bake: object) -> None:
    before = helpers.snapshot(head)
    addon("worker.session").warm_worker()._process.kill()
    with pytest.raises(addon("worker.errors").WorkerError, match="ended unexpectedly"):
        finish(bake)
    assert helpers.snapshot(head) == before


def add_vertex(head: bpy.types.Object) -> None:
    head.data.vertices.add(1)


def enter_edit_mode(head: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = head
    bpy.ops.object.mode_set(mode="EDIT")


def delete(head: bpy.types.Object) -> None:
    bpy.data.objects.remove(head)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (add_vertex, "changed during the bake, nothing was written: The mesh has 5024"),
        (enter_edit_mode, "nothing was written: Leave Edit mode"),
        (delete, "'Head' was deleted during the bake"),
    ],
)
def test_mesh_changed_during_the_bake(
    addon: Addon,
    head: bpy.types.Object,
    bake: object,
    rig: FaceRig,
    change: Callable[[bpy.types.Object], None],
    words: str,
) -> None:
    names = rig.names[:2]
    bake.prediction.motion = addon("bake.run").Motion(
        30.0, names, rig.select(names), np.ones((5, 2), np.float32)
    )
    change(head)
    with pytest.raises(addon("bake.plan").UserError, match=words):
        bake.write()
    assert not bpy.data.shape_keys
