"""Which of two targets a mesh is: keys of its own to drive, or shapes of ours to add."""

from pathlib import Path

import numpy as np
import pytest

from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.targets.registry import OUR_SHAPES, OWN_KEYS, find_target, offered
from model_core.targets.rig_target import Geometry
from model_core.targets.target_file import read_target, write_target
from tests.speech_like import speech_like


def flame_head(*keys: str) -> Geometry:
    """A FLAME head with sculpted keys of its own."""
    rig = load_face_rig()
    offsets = dict(zip(keys, rig.select(keys), strict=True))
    totals = np.full(len(rig.faces), 3)
    return Geometry(rig.neutral, rig.faces.ravel(), totals, offsets)


def test_a_head_without_keys_gets_ours() -> None:
    target = find_target(flame_head(), "Head")
    assert not target.drives_own_keys
    assert [each.drives_own_keys for each in offered(flame_head(), "Head")] == [False]


def test_a_full_set_of_keys_is_driven_unless_the_artist_prefers_ours() -> None:
    full = flame_head(*SPEECH_SHAPES)
    assert find_target(full, "Head").drives_own_keys
    assert find_target(full, "Head", OWN_KEYS).drives_own_keys
    assert not find_target(full, "Head", OUR_SHAPES).drives_own_keys
    assert len(offered(full, "Head")) == 2


def test_a_few_keys_are_not_taken_for_a_face() -> None:
    few = flame_head("jawOpen", "mouthSmileLeft")
    assert not find_target(few, "Head").drives_own_keys


def test_a_preference_that_cannot_be_had_is_a_problem() -> None:
    problem = find_target(flame_head(), "Head", OWN_KEYS).problem()
    assert problem is not None
    assert "no shape keys" in problem


def test_a_placed_motion_is_of_the_meshs_own_keys() -> None:
    placed = find_target(flame_head(*SPEECH_SHAPES), "Head").place(speech_like(40))
    assert set(placed.names) <= set(SPEECH_SHAPES)
    assert placed.weights.min() >= 0
    assert placed.weights.max() <= 1


def test_another_process_places_the_same(tmp_path: Path) -> None:
    target, motion = find_target(flame_head(*SPEECH_SHAPES), "Head"), speech_like(40)
    write_target(target, tmp_path / "target.npz")
    again: Motion = read_target(tmp_path / "target.npz").place(motion)
    assert again.names == target.place(motion).names
    np.testing.assert_allclose(again.weights, target.place(motion).weights, atol=1e-6)


@pytest.mark.parametrize("content", [b"", b"no zip"])
def test_a_damaged_file_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "target.npz").write_bytes(content)
    with pytest.raises(Exception, match="not the file of a mesh"):
        read_target(tmp_path / "target.npz")
