"""What a batch exports, read back by others: the lips part as the motion says in every format."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker
from numpy.typing import NDArray

from model_core.batch import outputs
from model_core.formats.registry import read_motion
from model_core.motion.motion import Motion
from model_core.rig.rig import FaceRig
from model_core.rig.shapes import INNER_LIP_PAIRS

ROOT = Path(__file__).resolve().parents[2]
ENDINGS = (".blend", ".action.blend", ".glb", ".fbx", ".usdc", ".abc", ".npz", ".csv")
FIRST = 5
SECONDS = 1.0
Points = NDArray[np.floating]


@pytest.fixture
def made(
    addon: Addon, scene: bpy.types.Scene, rig: FaceRig, worker: UseWorker, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Path:  # fmt: skip
    """A folder with one bake in every format, whose head has a modifier and a child."""
    head = helpers.make_head(rig.neutral, rig.faces)
    head.modifiers.new("Smooth", "SUBSURF")
    helpers.write_wav(tmp_path / "line.wav", SECONDS)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "stage.blend"))
    named = "|".join(f"x{ending}" for ending in ENDINGS)
    table = tmp_path / "jobs.csv"
    table.write_text(f"audio,scene,mesh,start,output\nline.wav,stage.blend,Head,{FIRST},{named}\n")
    command = [sys.executable, "-m", "jambatalk_addon", "batch", str(table)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = done.stdout
    assert done.returncode == 0, told + done.stderr
    for kind in ("GLB", "FBX", "USD"):
        assert f": {kind} has that, but programs that hold" in told
        assert f"{kind} has 'Head' without 'Smooth', which would drop its shape keys" in told
    assert {path.name for path in tmp_path.iterdir()} >= {f"x{ending}" for ending in ENDINGS}
    code = addon("headless.cli").run_command(["batch", str(table), "--blenders", "0"])
    assert code == 0 and "finished before" in capsys.readouterr().out
    return tmp_path


def distances(upper: Points, lower: Points) -> Points:
    """Return the (T,) mean distance of the inner lips, of (T, 3, 3) points of each."""
    return np.linalg.norm(upper - lower, axis=2).mean(axis=1)


def spoken(folder: Path, rig: FaceRig) -> Points:
    """Return the distance of the inner lips in every frame of the motion itself."""
    motion = Motion.load(folder / "x.npz")
    assert motion.frames == round(SECONDS * 30) and motion.fps == 30.0
    points = rig.neutral + motion.offsets()
    upper, lower = np.array(INNER_LIP_PAIRS).T
    return distances(points[:, upper], points[:, lower])


def agrees(shown: Points, said: Points) -> bool:
    scale = np.linalg.norm(shown) / np.linalg.norm(said)  # formats may be in centimetres
    return bool(
        np.corrcoef(shown, said)[0, 1] > 0.99 and np.allclose(shown / scale, said, atol=3e-4)
    )


class Glb:
    """A GLB file, read by its specification alone."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        assert data[:4] == b"glTF" and struct.unpack_from("<I", data, 8)[0] == len(data)
        length = struct.unpack_from("<I", data, 12)[0]
        self.json = json.loads(data[20 : 20 + length])
        self._binary = data[28 + length :]

    def array(self, number: int) -> Points:
        """Return an accessor's floats, (count, components)."""
        accessor = self.json["accessors"][number]
        assert accessor["componentType"] == 5126 and "sparse" not in accessor
        width = {"SCALAR": 1, "VEC3": 3}[accessor["type"]]
        view = self.json["bufferViews"][accessor["bufferView"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        count = accessor["count"] * width
        return np.frombuffer(self._binary, "<f4", count, start).reshape(-1, width)

    def shown(self, rig: FaceRig, frames: range) -> Points:
        """Return the distance of the inner lips at frames of 30 a second."""
        (mesh,) = self.json["meshes"]
        (primitive,) = mesh["primitives"]
        (animation,) = self.json["animations"]
        (channel,) = [c for c in animation["channels"] if c["target"]["path"] == "weights"]
        sampler = animation["samplers"][channel["sampler"]]
        times = self.array(sampler["input"])[:, 0] * 30
        weights = self.array(sampler["output"]).reshape(len(times), -1)
        assert weights.shape[1] == len(primitive["targets"]) == len(mesh["extras"]["targetNames"])
        rest = self.array(primitive["attributes"]["POSITION"])
        upper, lower = (self._nearest(rest, rig.neutral[list(each)]) for each in
                        zip(*INNER_LIP_PAIRS, strict=True))  # fmt: skip
        morphs = np.stack([self.array(target["POSITION"]) for target in primitive["targets"]])
        at = [np.abs(times - frame).argmin() for frame in frames]
        points = rest[None, [*upper, *lower]] + np.tensordot(
            weights[at], morphs[:, [*upper, *lower]], 1
        )
        return distances(points[:, :3], points[:, 3:])

    @staticmethod
    def _nearest(rest: Points, wanted: Points) -> list[int]:
        """Return the vertices at some of Blender's points; glTF's up is its y."""
        turned = wanted[:, [0, 2, 1]] * (1, 1, -1)
        return [int(np.linalg.norm(rest - point, axis=1).argmin()) for point in turned]


def shown_in_blender(rig: FaceRig, frames: range) -> Points:
    """Return the distance of the inner lips of the one mesh of the open scene."""
    (obj,) = [each for each in bpy.data.objects if each.type == "MESH"]
    for modifier in obj.modifiers:
        modifier.show_viewport = modifier.type != "SUBSURF"
    for block in obj.data.shape_keys.key_blocks if obj.data.shape_keys else ():
        block.slider_min = -1.0  # importers leave 0, and so cut off what the file has
    rest = None
    found = []
    for frame in frames:
        points = helpers.evaluated_points(obj, frame)
        if rest is None:
            assert len(points) == len(rig.neutral)
            rest = points
        upper, lower = np.array(INNER_LIP_PAIRS).T
        found.append((points[upper], points[lower]))
    return distances(np.array([u for u, _ in found]), np.array([low for _, low in found]))


def imported(operator: Callable[..., object], path: Path, **options: object) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.context.scene.render.fps = 30
    operator(filepath=str(path), **options)


def test_every_format_moves_the_lips_as_the_motion_says_and_an_action_can_be_linked(
    made: Path, rig: FaceRig, whole: Callable[[Path, str], None]
) -> None:
    assert_cut_off_is_seen(made, whole)
    said = spoken(made, rig)
    frames = range(FIRST, FIRST + len(said))
    assert np.ptp(said) > 0.002  # they do move
    glb = Glb(made / "x.glb")
    assert agrees(glb.shown(rig, frames), said)  # frame 1 is second 1 / 30

    bpy.ops.wm.open_mainfile(filepath=str(made / "x.blend"))
    assert agrees(shown_in_blender(rig, frames), said)
    imported(bpy.ops.import_scene.fbx, made / "x.fbx", anim_offset=0.0)
    assert agrees(shown_in_blender(rig, frames), said)
    imported(bpy.ops.wm.alembic_import, made / "x.abc")
    assert agrees(shown_in_blender(rig, frames), said)
    imported(bpy.ops.wm.usd_import, made / "x.usdc")
    assert agrees(shown_in_blender(rig, frames), said)

    with bpy.data.libraries.load(str(made / "x.action.blend"), link=True) as (there, here):
        assert there.actions and not (there.objects or there.meshes or there.scenes)
        here.actions = there.actions
    assert here.actions[0].library is not None
    assert here.actions[0].frame_range[0] <= FIRST

    recorded = read_motion(made / "x.csv", "livelink")
    motion = Motion.load(made / "x.npz")
    jaw = recorded.weights[:, recorded.names.index("jawOpen")]
    assert np.allclose(jaw, motion.weights[:, motion.names.index("jawOpen")], atol=1e-3)


@pytest.fixture
def whole(addon: Addon) -> Callable[[Path, str], None]:
    return addon("export.whole").check_whole


def assert_cut_off_is_seen(folder: Path, check: Callable[[Path, str], None]) -> None:
    """Assert that no exporter's half file, as a full disk leaves it, passes for a whole one."""
    for ending in (".action.blend", ".glb", ".fbx", ".usdc", ".abc"):
        data = (folder / f"x{ending}").read_bytes()
        half = folder / f"half{ending}"
        least = 40 if ending != ".action.blend" else len(data) // 2  # of which it needs not all
        for length in (0, len(data) // 3, len(data) - least):
            if ending == ".abc" and length:  # its head tells, which is written last
                data = data[:5] + b"\0" + data[6:]
            half.write_bytes(data[:length])
            with pytest.raises(Exception, match="unfinished; free some space"):
                check(half, ending)


def test_every_output_that_a_table_may_name_is_written_by_something(addon: Addon) -> None:
    assert {*addon("export.formats").FORMATS, outputs.SCENE} == set(outputs.ENDINGS)


def exported(addon: Addon, head: bpy.types.Object) -> object:
    motion = Motion(30.0, ("a",), np.zeros((1, 3, 3), np.float32), np.zeros((2, 1), np.float32))
    return addon("export.exported").Exported(head, 1, 2, motion)


def test_what_formats_lose_is_said_before(
    addon: Addon, scene: bpy.types.Scene, rig: FaceRig
) -> None:
    head = helpers.make_head(rig.neutral[:9], np.array([[0, 1, 2], [3, 4, 5], [6, 7, 8]]))
    helpers.add_keys(head, dict.fromkeys(("open", "smile", "frown"), np.zeros((9, 3))))
    blocks = head.data.shape_keys.key_blocks
    checks = addon("export.checks")
    what = exported(addon, head)
    assert checks.check(what, "GLB") == []
    blocks["open"].keyframe_insert("value", frame=1)
    blocks["open"].keyframe_insert("value", frame=2.5)
    blocks["open"].value = blocks["smile"].value = 0.3
    blocks["frown"].relative_key = blocks["smile"]
    head.vertex_groups.new(name="Left")
    blocks["frown"].vertex_group = "Left"
    head.modifiers.new("Mirror", "MIRROR")
    told = " ".join(checks.check(what, "FBX"))
    assert "keys that are not relative to its first one ('frown')" in told
    assert "'smile' of 'Head' stand above 0 without keys" in told
    assert "carries 'frown' of 'Head' without their vertex groups" in told
    assert "without 'Mirror', which would drop its shape keys" in told
    assert "1 keys lie between frames" in told
    assert "between frames" not in " ".join(checks.check(what, "GLB"))
    assert checks.check(what, "Alembic") == []
    head.data.shape_keys.use_relative = False
    with pytest.raises(Exception, match="is baked exactly, a key a frame, which GLB does not"):
        checks.check(what, "GLB")


def pixels(path: Path) -> Points:
    """Return a picture's (H, W, 4)."""
    image = bpy.data.images.load(str(path), check_existing=False)
    found = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(found)
    return found.reshape(image.size[1], image.size[0], 4)


def test_a_picture_and_a_film_show_the_face_that_speaks_and_leave_the_scene_as_it_was(
    addon: Addon, scene: bpy.types.Scene, rig: FaceRig, tmp_path: Path,
    whole: Callable[[Path, str], None],
) -> None:  # fmt: skip
    head = helpers.make_head(rig.neutral, rig.faces)
    head.rotation_euler = (np.pi / 2, 0.0, 0.7)
    names = ("jawOpen",)
    basis = rig.select(names)
    helpers.add_keys(head, {"jawOpen": basis[0]})
    block = head.data.shape_keys.key_blocks["jawOpen"]
    weights = np.array([[0.0], [1.0], [0.2]], np.float32)
    for frame, (value,) in enumerate(weights, FIRST):
        block.value = float(value)
        block.keyframe_insert("value", frame=frame)
    scene.frame_set(FIRST)
    before = scene.frame_current, len(bpy.data.scenes), len(bpy.data.cameras)
    exports, what = addon("export.preview"), addon("export.exported").Exported
    sound = helpers.write_wav(tmp_path / "line.wav", SECONDS)
    stills = []
    for name, shown in (("widest", weights), ("closed", -weights)):
        motion = Motion(30.0, names, basis, shown)
        exports.still(tmp_path / f"{name}.png", what(head, FIRST, FIRST + 2, motion, sound, FIRST))
        stills.append(pixels(tmp_path / f"{name}.png"))
    changed = np.abs(stills[0] - stills[1]).max(axis=2) > 0.05
    assert 0.01 < changed.mean() < 0.5  # the mouth, not all of the picture
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    assert 0.2 < columns.mean() / changed.shape[1] < 0.8
    assert rows.mean() < 0.6 * changed.shape[0]  # the first row is at the bottom
    film = tmp_path / "film.mp4"
    told = exports.film(film, what(head, FIRST, FIRST + 2, motion, sound, FIRST))
    assert bool(told) != bpy.app.build_options.audaspace
    whole(film, ".mp4")
    clip = bpy.data.movieclips.load(str(film))
    assert clip.frame_duration == 3 and tuple(clip.size) == stills[0].shape[:2]
    assert (scene.frame_current, len(bpy.data.scenes), len(bpy.data.cameras)) == before
    assert bpy.context.scene == scene
    for path in (film, tmp_path / "widest.png"):
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(Exception, match="unfinished; free some space"):
            whole(path, path.suffix)
