"""ARKit's channels against the face rig's shapes."""

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.rig.arkit import (
    ARKIT,
    SIDED,
    SWAPPED,
    TONGUE,
    merge_sides,
    named_basis,
    split_sides,
)
from model_core.rig.rig import load_face_rig


def channels(names: tuple[str, ...] = ARKIT) -> dict[str, np.ndarray]:
    """Return ten frames of random weights for each name."""
    draw = np.random.default_rng(2)
    return {name: draw.random(10).astype(np.float32) for name in names}


def test_there_are_52_and_their_halves_are_the_rig() -> None:
    assert len(ARKIT) == len(set(ARKIT)) == 52
    assert set(split_sides(channels())) == {*load_face_rig().names, "tongueOut"}
    assert not set(TONGUE) & set(ARKIT)
    assert {SWAPPED[other] for other in SWAPPED} == set(SWAPPED) < set(ARKIT)


def test_splitting_and_merging_gives_the_same() -> None:
    given = channels()
    back, uneven = merge_sides(split_sides(given))
    assert not uneven
    assert set(back) == set(given)
    for name, weights in given.items():
        np.testing.assert_array_equal(back[name], weights)


def test_a_difference_of_sides_is_told_and_halved() -> None:
    sides = SIDED["cheekPuff"]
    halves = dict(zip(sides, (np.full(3, 0.5, np.float32), np.zeros(3, np.float32)), strict=True))
    for given in (halves, {sides[0]: halves[sides[0]]}):
        merged, uneven = merge_sides(given)
        assert uneven == ["cheekPuff"]
        np.testing.assert_allclose(merged["cheekPuff"], 0.25)


def test_the_basis_is_the_rig_and_the_tongue_moves_nothing() -> None:
    basis = named_basis(("jawOpen", "tongueOut", "mouthClose", *TONGUE))
    rig = load_face_rig()
    np.testing.assert_array_equal(basis[[0, 2]], rig.select(("jawOpen", "mouthClose")))
    assert not basis[1].any() and not basis[3:].any()


def test_both_sides_of_a_split_channel_are_the_whole() -> None:
    for sides in SIDED.values():
        left, right = named_basis(sides)
        across = load_face_rig().mirror
        np.testing.assert_allclose(left * [-1, 1, 1], right[across], atol=2e-4)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UserError, match="no shape named nose"):
        named_basis(("jawOpen", "nose"))
