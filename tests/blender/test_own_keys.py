"""Heads with shape keys of their own: these are animated, and nothing else becomes of them."""

import json
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from tests.named_heads import Head, arkit_keys, flame_head, pose_keys

FIRST, FRAMES = 11, 60


@pytest.fixture(scope="module")
def flame() -> Head:
    return flame_head()


@pytest.fixture
def ann(scene: bpy.types.Scene, flame: Head, tmp_path: Path) -> bpy.types.Object:
    """A FLAME head with all of ARKit's keys in Apple's spelling, about to say 2 s."""
    ann = helpers.make_head(flame.points, flame.triangles, "Ann")
    helpers.add_keys(ann, arkit_keys(flame, "Apple"))
    settings = scene.jambatalk
    settings.mesh, settings.source, settings.start_frame = ann, "FILE", FIRST
    settings.sound_file = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))
    return ann


def bake() -> str:
    """Bake as the scene's settings say; return what the artist is told."""
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    return told()


def told() -> str:
    import importlib

    from conftest import PACKAGE

    status = importlib.import_module(f"{PACKAGE}.jambatalk_addon.bake.status").STATUS
    return " ".join([status.outcome, *status.notes])


def refusal(addon: Addon) -> str:
    """Return why nothing can be baked."""
    with pytest.raises(RuntimeError) as failure:
        bpy.ops.jambatalk.bake()
    return str(failure.value)


def moves(obj: bpy.types.Object, frame: int = FIRST + 20) -> float:
    """Return how far the farthest vertex is from rest at a frame."""
    rest = np.array([vertex.co for vertex in obj.data.vertices])
    return float(np.abs(helpers.evaluated_points(obj, frame) - rest).max())


def add_curve(obj: bpy.types.Object, shape: str, value: float = 0.4) -> None:
    """Animate a key as the artist does."""
    block = obj.data.shape_keys.key_blocks[shape]
    for frame, height in ((1, 0.0), (200, value)):
        block.value = height
        block.keyframe_insert("value", frame=frame)
    block.value = 0.0


@pytest.mark.every_blender
def test_own_keys_get_curves_and_nothing_is_added(ann: bpy.types.Object, worker: UseWorker) -> None:
    before = helpers.snapshot(ann)
    bake()
    after = helpers.snapshot(ann)
    for same in ("points", "relative", "drivers", "active", "mesh"):
        assert after[same] == before[same], same
    assert [block[0] for block in after["blocks"]] == [block[0] for block in before["blocks"]]
    assert [block[2:] for block in after["blocks"]] == [block[2:] for block in before["blocks"]]
    assert 'key_blocks["jawOpen"].value' in after["curves"]
    assert moves(ann) > 0.001


def test_curves_stay_within_the_sliders(ann: bpy.types.Object, worker: UseWorker) -> None:
    for block in ann.data.shape_keys.key_blocks:
        block.slider_max = 0.5
    bake()
    for curve in helpers.value_curves(ann).values():
        values = [point.co.y for point in curve.keyframe_points]
        assert min(values) >= -1e-3 and max(values) <= 0.5 + 1e-3


def test_clear_leaves_everything_as_it_was(ann: bpy.types.Object, worker: UseWorker) -> None:
    blocks = ann.data.shape_keys.key_blocks
    blocks["mouthSmileLeft"].value = blocks["cheekPuff"].value = 0.25
    blocks["jawOpen"].value = 0.1
    add_curve(ann, "eyeBlinkLeft")
    before = helpers.snapshot(ann)
    assert "'jawOpen'" in bake()
    assert helpers.snapshot(ann) != before
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    assert helpers.snapshot(ann) == before


def test_clear_on_a_head_without_animation(ann: bpy.types.Object, worker: UseWorker) -> None:
    before = helpers.snapshot(ann)
    bake()
    bpy.ops.jambatalk.clear()
    assert helpers.snapshot(ann) == before


def test_another_bake_replaces_the_curves(ann: bpy.types.Object, worker: UseWorker) -> None:
    bake()
    first = helpers.snapshot(ann)
    bake()
    again = helpers.snapshot(ann)
    assert again["blocks"] == first["blocks"]
    assert again["curves"] == first["curves"]
    assert again["actions"] == first["actions"]


def test_edits_stay_on_top_also_under_another_name(
    ann: bpy.types.Object, worker: UseWorker
) -> None:
    bake()
    path = 'key_blocks["jawOpen"].value'
    curve = helpers.value_curves(ann)[path]
    plain = curve.evaluate(FIRST + 20)
    for point in curve.keyframe_points:
        if FIRST < point.co.x < FIRST + FRAMES - 1:
            point.co.y += 0.1
            point.handle_left.y += 0.1
            point.handle_right.y += 0.1
    curve.update()
    ann.data.shape_keys.key_blocks["jawOpen"].name = "Jaw_Open"
    assert "kept on top" in bake()
    assert path not in helpers.value_curves(ann)
    edited = helpers.value_curves(ann)['key_blocks["Jaw_Open"].value']
    assert edited.evaluate(FIRST + 20) == pytest.approx(plain + 0.1, abs=0.03)
    assert "Jaw_Open" in ann.data.shape_keys.key_blocks
    assert "jawOpen" not in ann.data.shape_keys.key_blocks


def test_two_lines_and_one_of_them_cleared(
    ann: bpy.types.Object, worker: UseWorker, addon: Addon
) -> None:
    bake()
    bpy.context.scene.jambatalk.start_frame = FIRST + 100
    bake()
    assert moves(ann) > 0.001 and moves(ann, FIRST + 120) > 0.001
    ownership = addon("write.ownership")
    first, _ = ownership.takes_of(ann)
    bpy.ops.jambatalk.clear_take(take=first)
    assert moves(ann) < 1e-6 and moves(ann, FIRST + 120) > 0.001


def test_controls_act_on_own_keys_without_the_model(
    ann: bpy.types.Object, worker: UseWorker
) -> None:
    bake()
    blocks, far = ann.data.shape_keys.key_blocks.keys(), moves(ann)
    bpy.context.scene.jambatalk.strength = 0.4
    assert ann.data.shape_keys.key_blocks.keys() == blocks
    assert 0.2 * far < moves(ann) < 0.7 * far


def test_undo_and_redo(ann: bpy.types.Object, worker: UseWorker) -> None:
    bpy.ops.ed.undo_push(message="before")
    bake()
    bpy.ops.ed.undo_push(message="baked")
    bpy.ops.ed.undo()
    assert bpy.data.objects["Ann"].data.shape_keys.animation_data is None
    bpy.ops.ed.redo()
    assert moves(bpy.data.objects["Ann"]) > 0.001


@pytest.mark.every_blender
def test_save_and_reopen_then_clear(
    ann: bpy.types.Object, worker: UseWorker, tmp_path: Path
) -> None:
    before = helpers.snapshot(ann)
    bake()
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    again = bpy.data.objects["Ann"]
    assert moves(again) > 0.001
    bpy.ops.jambatalk.clear()
    assert helpers.snapshot(again) == before


def test_choice_between_own_and_new_keys_is_kept(
    ann: bpy.types.Object, worker: UseWorker, addon: Addon, tmp_path: Path
) -> None:
    assert addon("targets.checks").has_choice(ann)
    count = len(ann.data.shape_keys.key_blocks)
    bpy.context.scene.jambatalk.target = "OUR_SHAPES"
    bake()
    assert len(ann.data.shape_keys.key_blocks) > count
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    again = bpy.data.objects["Ann"]
    assert bpy.context.scene.jambatalk.target == "OUR_SHAPES"
    bpy.ops.jambatalk.clear()
    assert len(again.data.shape_keys.key_blocks) == count
    bpy.context.scene.jambatalk.target = "OWN_KEYS"
    bake()
    assert len(again.data.shape_keys.key_blocks) == count


def test_a_head_baked_with_new_keys_goes_on_so(
    scene: bpy.types.Scene, ann: bpy.types.Object, flame: Head, worker: UseWorker
) -> None:
    bob = helpers.make_head(flame.points, flame.triangles, "Bob")
    scene.jambatalk.mesh = bob
    bake()
    names = bob.data.shape_keys.key_blocks.keys()
    helpers.add_keys(bob, arkit_keys(flame, "CC4"))
    bake()
    assert bob.data.shape_keys.key_blocks.keys()[: len(names)] == names
    assert not [p for p in helpers.value_curves(bob) if "Jaw_Open" in p]


def test_a_head_with_few_keys_gets_new_ones(
    scene: bpy.types.Scene, ann: bpy.types.Object, flame: Head, worker: UseWorker, addon: Addon
) -> None:
    bob = helpers.make_head(flame.points, flame.triangles, "Bob")
    helpers.add_keys(bob, {"jawOpen": arkit_keys(flame, "Apple")["jawOpen"]})
    scene.jambatalk.mesh = bob
    bake()
    assert "jawOpen (JambaTalk)" in bob.data.shape_keys.key_blocks
    scene.jambatalk.target = "OWN_KEYS"
    bpy.ops.jambatalk.clear()
    bake()
    assert helpers.value_curves(bob).keys() == {'key_blocks["jawOpen"].value'}


def test_what_the_artist_animates_is_left_to_them(ann: bpy.types.Object, worker: UseWorker) -> None:
    add_curve(ann, "mouthSmileLeft")
    kept = [tuple(p.co) for p in helpers.value_curves(ann)[SMILE].keyframe_points]
    notes = bake()
    assert [tuple(p.co) for p in helpers.value_curves(ann)[SMILE].keyframe_points] == kept
    assert "Left to curves of yours: 'mouthSmileLeft'." in notes


SMILE = 'key_blocks["mouthSmileLeft"].value'


@pytest.mark.parametrize("by", ["curves", "drivers"])
def test_a_mouth_that_something_else_moves_is_refused(
    ann: bpy.types.Object, addon: Addon, by: str
) -> None:
    bpy.context.scene.jambatalk.target = "OWN_KEYS"
    if by == "curves":
        add_curve(ann, "jawOpen")
    else:
        ann.data.shape_keys.key_blocks["jawOpen"].driver_add("value")
    before = helpers.snapshot(ann)
    assert f"'jawOpen' of 'Ann' is moved by {by}" in refusal(addon)
    assert helpers.snapshot(ann) == before


def test_muted_and_masked_keys_are_told(ann: bpy.types.Object, worker: UseWorker) -> None:
    blocks = ann.data.shape_keys.key_blocks
    ann.vertex_groups.new(name="Half").add(range(0, 5023, 2), 0.5, "REPLACE")
    blocks["mouthPucker"].mute = True
    blocks["mouthFunnel"].vertex_group = "Half"
    notes = bake()
    assert "Muted, so they do not show: 'mouthPucker'." in notes
    assert "Vertex groups let only a part of these through: 'mouthFunnel'." in notes


def test_offsets_are_what_blender_shows(ann: bpy.types.Object, addon: Addon) -> None:
    blocks = ann.data.shape_keys.key_blocks
    ann.vertex_groups.new(name="Half").add(range(0, 5023, 2), 0.5, "REPLACE")
    blocks["mouthFunnel"].vertex_group = "Half"
    blocks["mouthPucker"].vertex_group = "Gone"
    blocks["mouthLeft"].relative_key = blocks["jawOpen"]
    own = addon("targets.own_keys").OwnKeys(ann)
    rest = helpers.evaluated_points(ann, 1)
    for name in ("jawOpen", "mouthFunnel", "mouthPucker", "mouthLeft"):
        blocks[name].value = 1.0
        shown = helpers.evaluated_points(ann, 1) - rest
        blocks[name].value = 0.0
        np.testing.assert_allclose(own[name], shown, atol=1e-6)


def test_an_exact_bake_is_refused(ann: bpy.types.Object, worker: UseWorker, addon: Addon) -> None:
    bpy.context.scene.jambatalk.output = "EXACT"
    before = helpers.snapshot(ann)
    assert "Bake as curves instead" in refusal(addon)
    assert helpers.snapshot(ann) == before


def test_keys_that_go_while_the_model_hears(
    ann: bpy.types.Object, worker: UseWorker, addon: Addon
) -> None:
    run, plan = addon("bake.run"), addon("bake.plan")
    under_way = run.Bake(plan.make_plan(bpy.context))
    while not under_way.poll(0.2):
        pass
    ann.shape_key_remove(ann.data.shape_keys.key_blocks["mouthPucker"])
    under_way.write()
    under_way.close()
    assert moves(ann) > 0.001
    assert 'key_blocks["mouthPucker"].value' not in helpers.value_curves(ann)


def test_visemes_of_another_head_speak(
    scene: bpy.types.Scene, ann: bpy.types.Object, flame: Head, worker: UseWorker
) -> None:
    bob = helpers.make_head(flame.points[:, [0, 2, 1]] * 100, flame.triangles, "Bob")
    keys = {name: key[:, [0, 2, 1]] * 100 for name, key in pose_keys(flame, "Oculus").items()}
    helpers.add_keys(bob, keys)
    scene.jambatalk.mesh = bob
    bake()
    assert moves(bob) > 0.1
    assert set(bob.data.shape_keys.key_blocks.keys()) == {"Basis", *keys}


@pytest.fixture
def teeth(ann: bpy.types.Object, flame: Head) -> bpy.types.Object:
    """A child mesh with two of the head's keys and one more."""
    teeth = helpers.make_head(flame.points[:400], np.array([[0, 1, 2]]), "Teeth")
    keys = arkit_keys(flame, "Apple")
    names = ("jawOpen", "mouthPucker")
    helpers.add_keys(teeth, {name: np.full((400, 3), 0.01) for name in (*names, "other")})
    assert set(names) <= set(keys)
    teeth.parent = ann
    return teeth


def test_children_move_along_and_are_cleared(
    ann: bpy.types.Object, teeth: bpy.types.Object, worker: UseWorker
) -> None:
    before = helpers.snapshot(teeth) | {"actions": []}
    assert "Along with it moves 'Teeth'." in bake()
    ours, theirs = helpers.value_curves(ann), helpers.value_curves(teeth)
    assert theirs.keys() == {'key_blocks["jawOpen"].value', 'key_blocks["mouthPucker"].value'}
    for path, curve in theirs.items():
        frames = np.arange(FIRST - 10, FIRST + FRAMES + 10)
        np.testing.assert_allclose(
            [curve.evaluate(f) for f in frames], [ours[path].evaluate(f) for f in frames], atol=1e-6
        )
    bake()
    assert helpers.value_curves(teeth).keys() == theirs.keys()
    bpy.ops.jambatalk.clear()
    assert helpers.snapshot(teeth) | {"actions": []} == before


def test_children_follow_the_edited_curves_of_the_head(
    ann: bpy.types.Object, teeth: bpy.types.Object, worker: UseWorker
) -> None:
    bake()
    path = 'key_blocks["jawOpen"].value'
    for point in helpers.value_curves(ann)[path].keyframe_points:
        if FIRST < point.co.x < FIRST + FRAMES - 1:
            point.co.y += 0.1
            point.handle_left.y += 0.1
            point.handle_right.y += 0.1
    bake()
    ours, theirs = helpers.value_curves(ann)[path], helpers.value_curves(teeth)[path]
    frames = range(FIRST, FIRST + FRAMES)
    np.testing.assert_allclose(
        [theirs.evaluate(f) for f in frames], [ours.evaluate(f) for f in frames], atol=0.02
    )


def test_a_child_that_the_artist_animates_stays(
    ann: bpy.types.Object, teeth: bpy.types.Object, worker: UseWorker
) -> None:
    add_curve(teeth, "jawOpen")
    before = helpers.snapshot(teeth)["curves"]
    assert "'Teeth' does not move along: 'jawOpen' there has curves of yours." in bake()
    assert helpers.snapshot(teeth)["curves"] == before


def test_what_the_same_armature_moves_goes_along_and_strangers_do_not(
    scene: bpy.types.Scene, ann: bpy.types.Object, flame: Head, worker: UseWorker
) -> None:
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    crowd = bpy.data.objects.new("Crowd", None)
    for obj in (armature, crowd):
        scene.collection.objects.link(obj)
    jaw = {"jawOpen": np.full((400, 3), 0.01)}
    made = {
        name: helpers.make_head(flame.points[:400], np.array([[0, 1, 2]]), name)
        for name in ("Brows", "Tongue", "Stranger")
    }
    for obj in made.values():
        helpers.add_keys(obj, jaw)
    ann.parent = armature
    made["Brows"].parent = armature
    made["Tongue"].modifiers.new("Armature", "ARMATURE").object = armature
    made["Stranger"].parent = crowd
    notes = bake()
    assert "'Brows'" in notes and "'Tongue'" in notes and "'Stranger'" not in notes
    assert made["Stranger"].data.shape_keys.animation_data is None


def test_another_head_under_the_same_parent_is_another_character(
    scene: bpy.types.Scene, ann: bpy.types.Object, flame: Head, worker: UseWorker
) -> None:
    root = bpy.data.objects.new("Root", None)
    scene.collection.objects.link(root)
    bob = helpers.make_head(flame.points, flame.triangles, "Bob")
    helpers.add_keys(bob, arkit_keys(flame, "Apple"))
    beard = helpers.make_head(flame.points[:400], np.array([[0, 1, 2]]), "Beard")
    helpers.add_keys(beard, {"mouthPucker": np.full((400, 3), 0.01)})
    for obj in (ann, bob, beard):
        obj.parent = root
    notes = bake()
    assert "'Beard'" in notes and "'Bob'" not in notes
    assert bob.data.shape_keys.animation_data is None


def library(ann: bpy.types.Object, path: Path) -> bytes:
    """Save the head in a library of its own, in a collection; return the file."""
    collection = bpy.data.collections.new("Character")
    bpy.context.scene.collection.children.link(collection)
    for obj in (ann, *ann.children):
        for other in obj.users_collection:
            other.objects.unlink(obj)
        collection.objects.link(obj)
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path.read_bytes()


def link(path: Path) -> bpy.types.Collection:
    """Open an empty scene with a library's character linked."""
    settings = bpy.context.scene.jambatalk
    sound = settings.sound_file
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        wanted.collections = ["Character"]
    settings = bpy.context.scene.jambatalk
    bpy.context.scene.render.fps = 30
    settings.source, settings.sound_file, settings.start_frame = "FILE", sound, FIRST
    return wanted.collections[0]


@pytest.mark.every_blender
def test_a_character_from_a_library_speaks_through_its_override(
    ann: bpy.types.Object, teeth: bpy.types.Object, worker: UseWorker, tmp_path: Path
) -> None:
    content = library(ann, tmp_path / "library.blend")
    collection = link(tmp_path / "library.blend")
    collection.override_hierarchy_create(
        bpy.context.scene, bpy.context.view_layer, do_fully_editable=True
    )
    head = next(o for o in bpy.data.objects if o.override_library and o.name == "Ann")
    bpy.context.scene.jambatalk.mesh = head
    assert "'Teeth'" in bake()
    assert head.data.shape_keys.animation_data.action.library is None
    path = str(tmp_path / "shot.blend")
    for _ in range(2):
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        head = bpy.context.scene.jambatalk.mesh
        assert moves(head) > 0.001
        assert moves(head.children[0]) > 0.001
        bake()
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    assert moves(head) < 1e-6 and moves(head.children[0]) < 1e-6
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert (tmp_path / "library.blend").read_bytes() == content


@pytest.mark.parametrize("kind", ["linked", "system"])
def test_a_linked_character_without_an_override_is_refused(
    ann: bpy.types.Object, worker: UseWorker, addon: Addon, tmp_path: Path, kind: str
) -> None:
    library(ann, tmp_path / "library.blend")
    collection = link(tmp_path / "library.blend")
    if kind == "linked":
        bpy.context.scene.collection.children.link(collection)
        head = collection.objects["Ann"]
    else:
        collection.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
        head = next(o for o in bpy.data.objects if o.override_library)
    bpy.context.scene.jambatalk.mesh = head
    assert "Object > Library Override > Make" in refusal(addon)


def test_the_list_of_shapes_is_edited_saved_and_used(
    ann: bpy.types.Object, worker: UseWorker, tmp_path: Path, addon: Addon
) -> None:
    settings, keys = bpy.context.scene.jambatalk, ann.data.shape_keys.key_blocks
    keys["jawOpen"].name = "Mandible"
    assert "open the mouth" in own_refusal(settings, addon)
    assert bpy.ops.jambatalk.edit_shapes() == {"FINISHED"}
    ann.active_shape_key_index = keys.find("Mandible")
    bpy.ops.jambatalk.add_shape()
    line = settings.shape_lists[0].lines[-1]
    assert line.target == "Mandible"
    line.source, line.gain = "jawOpen", 0.5
    bake()
    assert 'key_blocks["Mandible"].value' in helpers.value_curves(ann)
    bpy.ops.jambatalk.clear()
    preset = tmp_path / "preset.json"
    assert bpy.ops.jambatalk.save_shapes(filepath=str(preset)) == {"FINISHED"}
    links = json.loads(preset.read_text())["links"]
    assert {"source": "jawOpen", "target": "Mandible", "gain": 0.5, "offset": 0.0} in links
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    settings = bpy.context.scene.jambatalk
    assert len(settings.shape_lists[0].lines) == len(links)
    settings.shape_lists[0].active = len(links) - 1
    bpy.ops.jambatalk.remove_shape()
    assert len(settings.shape_lists[0].lines) == len(links) - 1
    assert "open the mouth" in own_refusal(settings, addon)
    assert bpy.ops.jambatalk.load_shapes(filepath=str(preset)) == {"FINISHED"}
    bake()
    bpy.ops.jambatalk.reset_shapes()
    assert not settings.shape_map and len(settings.shape_lists) == 0


def own_refusal(settings: object, addon: Addon) -> str:
    settings.target = "OWN_KEYS"
    return refusal(addon)


def test_each_mesh_has_a_list_of_its_own(
    scene: bpy.types.Scene, ann: bpy.types.Object, flame: Head
) -> None:
    bpy.ops.jambatalk.edit_shapes()
    bob = helpers.make_head(flame.points, flame.triangles, "Bob")
    helpers.add_keys(bob, arkit_keys(flame, "CC4"))
    mine = scene.jambatalk.shape_map
    scene.jambatalk.mesh = bob
    assert scene.jambatalk.shape_map == ""
    bpy.ops.jambatalk.edit_shapes()
    assert "Jaw_Open" in scene.jambatalk.shape_map
    scene.jambatalk.mesh = ann
    assert scene.jambatalk.shape_map == mine


def test_a_wrong_list_is_refused_with_what_is_wrong(
    ann: bpy.types.Object, addon: Addon, tmp_path: Path
) -> None:
    bpy.context.scene.jambatalk.target = "OWN_KEYS"
    bpy.ops.jambatalk.edit_shapes()
    line = bpy.context.scene.jambatalk.shape_lists[0].lines[0]
    line.target = ""
    assert "fill it in" in refusal(addon)
    line.target = "nothing"
    assert "no shape key 'nothing'" in refusal(addon)
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    with pytest.raises(RuntimeError, match="jambatalk_map"):
        bpy.ops.jambatalk.load_shapes(filepath=str(bad))


def run(addon: Addon, capsys: pytest.CaptureFixture[str], *line: object) -> tuple[int, str, str]:
    """Run the command line in this Blender; return its exit code and what it printed."""
    capsys.readouterr()
    code = addon("headless.cli").run_command([*map(str, line)])
    return code, *capsys.readouterr()


def test_rig_report_tells_a_scenes_mesh_and_its_list_is_baked_with(
    ann: bpy.types.Object,
    worker: UseWorker,
    addon: Addon,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stage, preset, out = (tmp_path / name for name in ("stage.blend", "list.json", "out.blend"))
    bpy.ops.wm.save_as_mainfile(filepath=str(stage))
    code, told_, _ = run(addon, capsys, "rig-report", stage, "--mesh", "Ann", "--map", preset)
    assert code == 0
    assert "The mouth: ARKit shapes" in told_ and "Spoken with: Own shape keys" in told_
    links = json.loads(preset.read_text())
    links["links"] = [each for each in links["links"] if each["source"] == "jawOpen"]
    preset.write_text(json.dumps(links))
    line = ["bake", stage, "--audio", tmp_path / "line.wav", "--mesh", "Ann", "--output", out]
    assert run(addon, capsys, *line, "--map", preset)[0] == 0
    assert helpers.value_curves(bpy.data.objects["Ann"]).keys() == {'key_blocks["jawOpen"].value'}
    assert run(addon, capsys, *line, "--map", tmp_path / "none.json")[0] == 2
    assert run(addon, capsys, "rig-report", stage, "--mesh", "Bob")[0] == 2


def test_rig_report_of_a_mesh_that_cannot_speak(
    ann: bpy.types.Object, addon: Addon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cube = helpers.make_head(np.eye(3), np.array([[0, 1, 2]]), "Cube")
    helpers.add_keys(cube, {"Bulge": np.ones((3, 3))})
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "stage.blend"))
    code, told_, error = run(
        addon, capsys, "rig-report", tmp_path / "stage.blend", "--mesh", "Cube"
    )
    assert code == 2
    assert "No set of shapes for a mouth was recognised." in told_
    assert "known to open the mouth" in error


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_the_polygons_of_a_mesh_are_those_blender_has(
    ann: bpy.types.Object, flame: Head, addon: Addon, mode: str
) -> None:
    bpy.context.view_layer.objects.active = ann
    bpy.ops.object.mode_set(mode=mode)
    geometry = addon("write.points").rest_geometry(ann)
    assert np.array_equal(geometry.corners, np.ravel(flame.triangles))
    assert np.array_equal(geometry.totals, np.full(len(flame.triangles), 3))
    bpy.ops.object.mode_set(mode="OBJECT")


def test_what_a_mesh_is_follows_from_the_names_of_its_keys(
    ann: bpy.types.Object, addon: Addon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_key: bpy.types.ShapeKey) -> np.ndarray:
        raise AssertionError("an offset was read, at every redraw of the panel")

    monkeypatch.setattr(addon("targets.own_keys"), "points", read)
    target = addon("targets.target").target_of(ann)
    assert target.drives_own_keys
    assert target.problem() is None
