"""A head without shape keys gets those of speech, and loses them again."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import Addon, make_head

from model_core.rig.rig import load_face_rig

RIG = load_face_rig()
TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


@pytest.fixture
def head(scene: bpy.types.Scene, model_worker: None) -> bpy.types.Object:
    """FLAME's face without its eyeballs, in centimetres and with Z up: no FLAME head to a bake."""
    made = make_head(100 * RIG.neutral[:3931] @ TO_Z_UP.T, faces_of_the_head())
    scene.jambatalk.mesh = made
    return made


def faces_of_the_head() -> np.ndarray:
    return RIG.faces[(RIG.faces < 3931).all(axis=1)]


def offsets_of(head: bpy.types.Object, name: str) -> np.ndarray:
    key, flat = head.data.shape_keys, np.empty(3 * len(head.data.vertices), np.float32)
    key.key_blocks[name].points.foreach_get("co", flat)
    reference = np.empty_like(flat)
    key.reference_key.points.foreach_get("co", reference)
    return (flat - reference).reshape(-1, 3)


def test_it_gets_keys_of_the_rigs_shapes(head: bpy.types.Object) -> None:
    assert bpy.ops.jambatalk.prepare_head() == {"FINISHED"}
    blocks = head.data.shape_keys.key_blocks
    assert len(blocks) == 46
    assert all(block.value == 0.0 for block in blocks[1:])
    for name in ("jawOpen", "mouthClose", "mouthSmileLeft", "eyeBlinkRight"):
        expected = 100 * RIG.basis[RIG.names.index(name), :3931] @ TO_Z_UP.T
        assert np.abs(offsets_of(head, name) - expected).max() < 1e-4, name


def test_what_has_such_keys_is_not_prepared_again(head: bpy.types.Object) -> None:
    bpy.ops.jambatalk.prepare_head()
    with pytest.raises(RuntimeError, match="already"):
        bpy.ops.jambatalk.prepare_head()


def test_removing_leaves_nothing_or_what_was_sculpted(head: bpy.types.Object) -> None:
    bpy.ops.jambatalk.prepare_head()
    assert bpy.ops.jambatalk.remove_prepared() == {"FINISHED"}
    assert head.data.shape_keys is None
    bpy.ops.jambatalk.prepare_head()
    head.data.shape_keys.key_blocks["jawOpen"].points[10].co.z += 3.0
    bpy.ops.jambatalk.remove_prepared()
    assert list(head.data.shape_keys.key_blocks.keys()) == ["Basis", "jawOpen"]


def test_the_artists_own_keys_and_basis_stay(head: bpy.types.Object) -> None:
    head.shape_key_add(name="Rest")
    head.shape_key_add(name="Wink").points[5].co.z += 1.0
    bpy.ops.jambatalk.prepare_head()
    assert len(head.data.shape_keys.key_blocks) == 47
    bpy.ops.jambatalk.remove_prepared()
    assert list(head.data.shape_keys.key_blocks.keys()) == ["Rest", "Wink"]
    assert offsets_of(head, "Wink")[5, 2] == pytest.approx(1.0)


def test_a_mesh_without_a_face_is_refused_in_a_sentence(
    scene: bpy.types.Scene, model_worker: None
) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add()
    scene.jambatalk.mesh = bpy.context.object
    with pytest.raises(RuntimeError, match="pick its landmarks"):
        bpy.ops.jambatalk.prepare_head()
    assert bpy.context.object.data.shape_keys is None


def test_landmarks_are_empties_that_tell_their_places(head: bpy.types.Object, addon: Addon) -> None:
    head.location, head.scale = (3.0, 0.0, 1.0), (2.0, 2.0, 2.0)
    assert bpy.ops.jambatalk.add_landmarks() == {"FINISHED"}
    bpy.context.view_layer.update()
    told = addon("prepare.landmarks").landmarks_of(head)
    assert len(told) == 12
    nose = np.array(told["nose_tip"])
    assert np.linalg.norm(nose - 100 * TO_Z_UP @ RIG.neutral[3564]) < 4.0
    assert bpy.ops.jambatalk.remove_landmarks() == {"FINISHED"}
    assert not head.children


def test_what_is_over_stays_so_while_a_render_has_it_wait(
    head: bpy.types.Object, addon: Addon
) -> None:
    preparation = addon("prepare.preparation").Preparation(head)
    while not preparation.poll(0.2):
        pass
    assert preparation.poll(0.2)
    sentence, _ = preparation.write()
    preparation.close()
    assert "45 shape keys" in sentence


def test_headless(head: bpy.types.Object, addon: Addon, tmp_path: Path) -> None:
    scene, output = tmp_path / "scene.blend", tmp_path / "out.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    run = addon("headless.cli").run_module
    done = ["prepare", str(scene), "--mesh", "Head", "--output", str(output)]
    assert run(done) == 0
    bpy.ops.wm.open_mainfile(filepath=str(output))
    assert len(bpy.data.objects["Head"].data.shape_keys.key_blocks) == 46
    assert run(["prepare", str(output), "--mesh", "Head"]) == 2
    assert run(["prepare", str(scene), "--mesh", "Nobody", "--output", str(output)]) == 2
