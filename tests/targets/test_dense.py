"""Models that move vertices, told in named shapes."""

import re

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.motion.closures import closures, lip_opening
from model_core.motion.factorise import factorise
from model_core.motion.motion import Motion
from model_core.rig.shapes import CLOSED_MM
from model_core.targets.dense import is_named, to_channels
from model_core.targets.registry import OWN_KEYS, find_target
from tests.named_heads import arkit_keys, flame_head
from tests.speech_like import speech_like

HEAD = flame_head()
KEYS = arkit_keys(HEAD, "Apple")


@pytest.fixture(scope="module")
def dense() -> Motion:
    named = speech_like(90)
    motion, error_mm = factorise(named.offsets(), named.fps)
    assert error_mm < 0.1
    assert not is_named(motion)
    return motion


def test_the_channels_that_made_vertices_move_are_found_again(dense: Motion) -> None:
    fitted, told = to_channels(dense)
    named = speech_like(90)
    assert is_named(fitted)
    off = np.linalg.norm(fitted.offsets() - named.offsets(), axis=2) * 1000
    assert off.max() < 1.0
    assert f"{off.max():.1f} mm at most" in told or off.max() < 0.5
    assert fitted.weights.min() >= 0
    assert fitted.weights.max() <= 1


def test_what_no_shape_does_is_told_in_mm(dense: Motion) -> None:
    lifted = Motion(
        30.0, ("lift",), np.full((1, 5023, 3), 0.002, np.float32), np.ones((4, 1), "f4")
    )
    _, told = to_channels(lifted)
    mean, most = (float(number) for number in re.findall(r"\d+\.\d+", told))
    assert 2.0 < mean < 3.5 < most  # of 3.5 mm, all in one direction, shapes can do a little


def test_the_meshs_keys_follow_and_say_what_is_lost(dense: Motion) -> None:
    target = find_target(HEAD.with_keys(KEYS), "Head", OWN_KEYS)
    placed, ours = target.place(dense), lip_opening(dense)
    assert ours is not None
    theirs = HEAD.opening(KEYS, placed.names, placed.weights)
    assert all(theirs[a : b + 1].min() < CLOSED_MM for a, b in closures(ours))
    assert np.corrcoef(ours, theirs)[0, 1] > 0.98
    assert any("moves vertices" in note for note in target.shortfalls(dense))
    assert not any("moves vertices" in note for note in target.shortfalls(speech_like(90)))


def test_vertices_that_are_not_flames_are_refused() -> None:
    other = Motion(30.0, ("a",), np.zeros((1, 8, 3), "f4"), np.ones((2, 1), "f4"), "biwi")
    with pytest.raises(UserError, match="8 vertices that is not FLAME's"):
        find_target(HEAD.with_keys(KEYS), "Head", OWN_KEYS).place(other)
