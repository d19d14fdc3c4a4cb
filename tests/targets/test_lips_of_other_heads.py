"""Lips on heads with keys of their own: measured on the deformed mesh, at its makers' landmarks.

Every head gets what the model that ships says to a recording; where our own FLAME head closes its
lips the other must, where ours has them open the other must not, and both open alike.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from model_core.base.assets import DEMO_SPEECH
from model_core.models.predictor import Predictor
from model_core.motion.closures import closures, lip_opening
from model_core.motion.motion import Motion
from model_core.motion.reduction import Reduction
from model_core.rig.geometry import Geometry
from model_core.rig.shapes import CLOSED_MM
from model_core.speech.audio import load_audio
from model_core.targets.registry import OWN_KEYS, find_target
from tests.named_heads import (
    ARKIT_SPELLINGS,
    POSE_SETS,
    Head,
    Shapes,
    arkit_keys,
    flame_head,
    ict_head,
    metahuman_keys,
    pose_keys,
)

FALSE = 0.015


@pytest.fixture(scope="module")
def speech() -> Motion:
    return Predictor.load(device="cpu").predict(load_audio(DEMO_SPEECH), fps=30.0)


@pytest.fixture(scope="module")
def ict(shared_dir: Path) -> Head:
    return ict_head(shared_dir)


@cache
def flame() -> Head:
    return flame_head()


def assert_speaks(head: Head, keys: Shapes, speech: Motion, closed: float) -> Motion:
    """Assert that lips close and open on a mesh as on ours; return what its keys do."""
    placed = find_target(head.with_keys(keys), "Head", OWN_KEYS).place(speech)
    assert set(placed.names) <= set(keys)
    assert placed.weights.min() >= 0
    assert placed.weights.max() <= 1
    ours, theirs = lip_opening(speech), head.opening(keys, placed.names, placed.weights)
    assert ours is not None
    met = [theirs[first : last + 1].min() < CLOSED_MM for first, last in closures(ours)]
    assert len(met) > 5
    assert np.mean(met) >= closed
    assert np.mean(theirs[ours > 1.25 * CLOSED_MM] < CLOSED_MM) <= FALSE
    assert np.corrcoef(ours, theirs)[0, 1] >= 0.98
    assert theirs.max() == pytest.approx(ours.max(), rel=0.15)
    return placed


@pytest.mark.parametrize("spelling", ["Apple", "CC4", "Daz"])
def test_arkit_shapes_of_another_head(ict: Head, speech: Motion, spelling: str) -> None:
    placed = assert_speaks(ict, arkit_keys(ict, spelling), speech, 0.95)
    jaw, close = (
        placed.names.index(ARKIT_SPELLINGS[spelling](n)) for n in ("jawOpen", "mouthClose")
    )
    assert (placed.weights[:, close] <= placed.weights[:, jaw] + 1e-6).all()


def test_lips_in_quarters(ict: Head, speech: Motion) -> None:
    keys = metahuman_keys(ict)
    placed = assert_speaks(ict, keys, speech, 0.95)
    quarters = [name for name in placed.names if "LipsTogether" in name]
    assert len(quarters) == 4
    weights = placed.weights[:, [placed.names.index(name) for name in quarters]]
    np.testing.assert_allclose(weights, weights[:, :1].repeat(4, axis=1), atol=1e-6)


@pytest.mark.parametrize("pose_set", POSE_SETS)
def test_poses_of_another_head(ict: Head, speech: Motion, pose_set: str) -> None:
    assert_speaks(ict, pose_keys(ict, pose_set), speech, 0.90)


@pytest.mark.parametrize("pose_set", POSE_SETS)
def test_poses_of_our_head(speech: Motion, pose_set: str) -> None:
    assert_speaks(flame(), pose_keys(flame(), pose_set), speech, 0.90)


@pytest.mark.parametrize("spelling", ARKIT_SPELLINGS)
def test_arkit_shapes_of_our_head(speech: Motion, spelling: str) -> None:
    assert_speaks(flame(), arkit_keys(flame(), spelling), speech, 0.95)


@pytest.mark.parametrize("lacking", ["mouthClose", "mouthPressLeft", "jawForward"])
def test_a_shape_may_lack(speech: Motion, lacking: str) -> None:
    keys = {name: key for name, key in arkit_keys(flame(), "Apple").items() if name != lacking}
    assert_speaks(flame(), keys, speech, 0.95)


@pytest.mark.parametrize("jaw", [0.5, 2.0])
def test_jaws_that_open_otherwise(speech: Motion, jaw: float) -> None:
    keys = dict(arkit_keys(flame(), "Apple"))
    keys["jawOpen"] = keys["jawOpen"] * np.float32(jaw)
    assert_speaks(flame(), keys, speech, 0.95)


def test_axes_and_units_do_not_count(speech: Motion) -> None:
    head, keys = flame(), arkit_keys(flame(), "Apple")
    upright = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float32) * 100
    turned = {name: key @ upright for name, key in keys.items()}
    plain = find_target(head.with_keys(keys), "H", OWN_KEYS).place(speech)
    mesh = head.with_keys(turned)
    mesh = Geometry(head.points @ upright, mesh.corners, mesh.totals, turned)
    placed = find_target(mesh, "H", OWN_KEYS).place(speech)
    np.testing.assert_allclose(placed.weights, plain.weights, atol=1e-3)


def test_a_slider_that_stops_early_is_kept_to_and_told(speech: Motion) -> None:
    head, keys = flame(), arkit_keys(flame(), "Apple")
    mesh = head.with_keys(keys)
    ranges = {"jawOpen": (0.0, 0.08)}
    target = find_target(Geometry(*_parts(mesh), mesh.keys, ranges), "Ann", OWN_KEYS)
    placed = target.place(speech)
    assert placed.weights[:, placed.names.index("jawOpen")].max() == pytest.approx(0.08)
    told = " ".join(target.shortfalls(speech))
    assert "mouth of 'Ann' would open" in told


@pytest.mark.parametrize(
    ("keys", "limited"),
    [
        (arkit_keys(flame(), "Apple"), "mouthClose"),
        (arkit_keys(flame(), "Apple"), "mouthPressLeft"),
        (pose_keys(flame(), "Oculus"), "PP"),
        (pose_keys(flame(), "Rhubarb"), "A"),
    ],
    ids=["mouthClose", "mouthPress", "PP", "A"],
)
def test_lips_close_though_what_closes_them_stops_early(
    keys: Shapes, limited: str, speech: Motion
) -> None:
    mesh = replace(flame().with_keys(keys), ranges={limited: (0.0, 0.02)})
    target = find_target(mesh, "Ann", OWN_KEYS)
    placed, ours = target.place(speech), lip_opening(speech)
    assert ours is not None
    theirs = flame().opening(keys, placed.names, placed.weights)
    assert placed.weights[:, placed.names.index(limited)].max() <= 0.02
    assert all(theirs[a : b + 1].min() < CLOSED_MM for a, b in closures(ours))
    assert np.corrcoef(ours, theirs)[0, 1] > 0.98
    assert target.shortfalls(speech) == ()


def test_what_no_key_does_is_told(speech: Motion) -> None:
    head, keys = flame(), arkit_keys(flame(), "Apple")
    less = {name: key for name, key in keys.items() if name != "mouthPucker"}
    told = find_target(head.with_keys(less), "Ann", OWN_KEYS).shortfalls(speech)
    assert told == ("No key of 'Ann' does mouthPucker: that is left out.",)
    assert find_target(head.with_keys(keys), "Ann", OWN_KEYS).shortfalls(speech) == ()
    visemes = head.with_keys(pose_keys(head, "Oculus"))
    assert find_target(visemes, "Ann", OWN_KEYS).shortfalls(speech) == ()


def _parts(mesh: Geometry) -> tuple:
    return mesh.points, mesh.corners, mesh.totals


def test_reduced_curves_are_of_the_meshs_keys_and_keep_closures(ict: Head, speech: Motion) -> None:
    keys = arkit_keys(ict, "Apple")
    target = find_target(ict.with_keys(keys), "Head", OWN_KEYS)
    curves, error_mm = target.reduce(speech, Reduction(0.2))
    assert set(curves) <= set(keys)
    assert error_mm <= 0.2
    frames = np.arange(speech.frames)
    names = tuple(curves)
    weights = np.stack([curves[name].at(frames) for name in names], axis=1)
    theirs, ours = ict.opening(keys, names, weights), lip_opening(speech)
    assert ours is not None
    assert all(theirs[a : b + 1].min() < CLOSED_MM for a, b in closures(ours))
