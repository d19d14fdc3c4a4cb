"""The upper lip's part in opening, in the rules and as a map of any weights."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.articulation.rules import articulate
from model_core.articulation.styles import STYLES
from model_core.articulation.upper_lip import UPPER_SHARE, upper_lip_map
from model_core.rig.lip_geometry import opening_per_unit
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, INNER_LIP_PAIRS, SPEECH_SHAPES
from model_core.speech.phones import Phone

BASIS = load_face_rig().select(SPEECH_SHAPES).astype(np.float64)
OPENING = opening_per_unit(BASIS)
UPPER_MM = 1000.0 * BASIS[:, [upper for upper, _ in INNER_LIP_PAIRS], 1].mean(axis=1)
WORDS = [
    Phone(symbol, 0.2 * i, 0.2 * i + 0.2)
    for i, symbol in enumerate(["_", "A", "m", "{", "n", "A", "b", "i", "_"])
]


def weights_of(**shapes: float) -> NDArray[np.float64]:
    row = np.zeros(len(SPEECH_SHAPES))
    for name, value in shapes.items():
        row[SPEECH_SHAPES.index(name)] = value
    return row


@pytest.mark.parametrize("share", [0.0, 0.1, UPPER_SHARE, 0.4])
def test_lips_are_as_far_apart_and_the_upper_one_rises(share: float) -> None:
    wide = weights_of(jawOpen=0.4, mouthPucker=0.3)
    moved = wide @ upper_lip_map(SPEECH_SHAPES, share)
    assert moved @ OPENING == pytest.approx(wide @ OPENING)
    risen = (moved - wide) @ UPPER_MM / (wide @ OPENING)
    assert risen == pytest.approx(1.17 * share, abs=0.01)  # the jaw takes the upper lip along
    assert (moved >= 0).all()
    left, right = (SPEECH_SHAPES.index(f"mouthUpperUp{side}") for side in ("Left", "Right"))
    assert moved[left] == moved[right]


def test_closed_lips_stay_as_they_are() -> None:
    closed = weights_of(jawOpen=0.3, mouthPucker=0.5)
    jaw, close = (SPEECH_SHAPES.index(name) for name in ("jawOpen", "mouthClose"))
    closed[close] = -(closed @ OPENING) / OPENING[close]
    np.testing.assert_allclose(closed @ upper_lip_map(SPEECH_SHAPES), closed, atol=1e-9)
    assert closed[jaw] > 0


@pytest.mark.parametrize("style", STYLES)
def test_the_upper_lip_opens_and_closes_the_mouth_in_the_rules(style: str) -> None:
    weights = articulate(WORDS, WORDS[-1].end, 60.0, style).astype(np.float64)
    opening, upper = weights @ OPENING, weights @ UPPER_MM
    share = np.polyfit(opening, upper, 1)[0]
    assert 0.1 < share < 0.35
    closed = opening < 0.5 * CLOSED_MM
    assert closed.any()
    assert np.abs(upper[closed]).max() < 1.0
