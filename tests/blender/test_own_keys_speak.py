"""Heads with keys of their own, baked without a window or any option, and their lips measured.

On the deformed mesh, at the landmarks of its makers: lips close where those of a FLAME head without
keys do, are open where its are open, and open alike.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon

from model_core.base.assets import DEMO_SPEECH
from model_core.motion.closures import closures
from model_core.rig.shapes import CLOSED_MM
from tests.named_heads import (
    ARKIT_SPELLINGS,
    Head,
    Shapes,
    arkit_keys,
    flame_head,
    ict_head,
    pose_keys,
)

FRAMES = 180  # of the demo speech, 6 s
FALSE = 0.015

Spoken = Callable[[Head, Shapes], np.ndarray]


@cache
def flame() -> Head:
    return flame_head()


@pytest.fixture
def spoken(addon: Addon, scene: bpy.types.Scene, model_worker: None, tmp_path: Path) -> Spoken:
    """Bake the demo speech onto a head with keys; return how far its lips open in mm."""

    def bake(head: Head, keys: Shapes) -> np.ndarray:
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        bpy.context.scene.render.fps = 30
        obj = helpers.make_head(head.points, head.triangles)
        if keys:
            helpers.add_keys(obj, keys)
        names = obj.data.shape_keys.key_blocks.keys() if keys else []
        stage, out = tmp_path / "stage.blend", tmp_path / "out.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(stage))
        line = ["bake", str(stage), "--audio", str(DEMO_SPEECH), "--mesh", "Head"]
        assert addon("headless.cli").run_command([*line, "--output", str(out)]) == 0
        bpy.ops.wm.open_mainfile(filepath=str(out))
        obj = bpy.data.objects["Head"]
        assert not keys or obj.data.shape_keys.key_blocks.keys() == names
        return helpers.lip_opening(head, obj, FRAMES)

    return bake


def assert_alike(ours: np.ndarray, theirs: np.ndarray, closed: float) -> None:
    met = [theirs[first : last + 1].min() < CLOSED_MM for first, last in closures(ours)]
    assert len(met) > 5
    assert np.mean(met) >= closed
    assert np.mean(theirs[ours > 1.25 * CLOSED_MM] < CLOSED_MM) <= FALSE
    assert np.corrcoef(ours, theirs)[0, 1] >= 0.95


@pytest.fixture
def reference(spoken: Spoken) -> np.ndarray:
    return spoken(flame(), {})


def kinds(head: Head, names: list[str]) -> list[tuple[Shapes, float]]:
    """Return keys by the names of sets, with the share of closures each is to keep."""
    return [
        (arkit_keys(head, name), 0.95) if name in ARKIT_SPELLINGS else (pose_keys(head, name), 0.9)
        for name in names
    ]


def test_our_own_head_with_keys_of_other_names(spoken: Spoken, reference: np.ndarray) -> None:
    for keys, closed in kinds(flame(), ["Pascal", "CC4", "Oculus"]):
        assert_alike(reference, spoken(flame(), keys), closed)


def test_a_head_of_another_make(spoken: Spoken, reference: np.ndarray, shared_dir: Path) -> None:
    ict = ict_head(shared_dir)
    for keys, closed in kinds(ict, ["Apple", "MPFB", "VRM 1.0", "Microsoft"]):
        assert_alike(reference, spoken(ict, keys), closed)


def test_heads_of_every_other_spelling_in_one_scene(
    addon: Addon, reference: np.ndarray, tmp_path: Path
) -> None:
    head, run = flame(), addon("headless.cli").run_command
    names = ["_L _R", "prefix head__", "prefix blendShape2.", "Daz", "VRChat", "VRM 0.x"]
    wanted = dict(zip(names, kinds(head, names), strict=True))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.context.scene.render.fps = 30
    for name, (keys, _) in wanted.items():
        helpers.add_keys(helpers.make_head(head.points, head.triangles, name), keys)
    scene = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=scene)
    for name in names:
        line = ["bake", scene, "--audio", str(DEMO_SPEECH), "--mesh", name]
        assert run([*line, "--output", scene]) == 0, name
    bpy.ops.wm.open_mainfile(filepath=scene)
    found = helpers.lip_openings(head, [bpy.data.objects[name] for name in names], FRAMES)
    for opening, (_, closed) in zip(found, wanted.values(), strict=True):
        assert_alike(reference, opening, closed)
