"""Where the rules put the tongue, and what carries it."""

from pathlib import Path

import numpy as np
import pytest

from model_core.articulation.rule_motion import rule_motion
from model_core.articulation.rules import articulate
from model_core.articulation.tongue import articulate_tongue
from model_core.motion.motion import Motion
from model_core.motion.packed import can_pack, pack, unpack
from model_core.motion.reduction import Reduction
from model_core.motion.tongue import TOLERANCE_MM, split_tongue, tongue_curves
from model_core.rig.arkit import SPEECH_TONGUE
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.phones import SYMBOLS, Phone

FPS = 60.0
TIP, BACK, OUT, IN = range(4)


def said(symbols: str, length: float = 0.12) -> list[Phone]:
    """Return phones one after the other."""
    each = symbols.split()
    return [Phone(s, i * length, (i + 1) * length) for i, s in enumerate(each)]


def at_centre(symbols: str, which: int) -> np.ndarray:
    """Return the channels (4,) at the middle of one of some phones."""
    phones = said(symbols)
    weights = articulate_tongue(phones, phones[-1].end, FPS)
    return weights[round(phones[which].centre * FPS)]


@pytest.mark.parametrize("sound", ["t", "d", "n", "l"])
@pytest.mark.parametrize("vowel", ["A", "i", "u"])
def test_the_tip_is_up_for_alveolars(sound: str, vowel: str) -> None:
    here = at_centre(f"_ {vowel} {sound} {vowel} _", 2)
    assert here[TIP] > 0.7
    assert here[[BACK, OUT]].max() < 0.2


@pytest.mark.parametrize(("sounds", "channel"), [("T D", OUT), ("k g N", BACK)])
def test_dentals_come_out_and_velars_rise_at_the_back(sounds: str, channel: int) -> None:
    for sound in sounds.split():
        here = at_centre(f"_ A {sound} A _", 2)
        assert here[channel] > 0.7
        assert np.delete(here, [channel, IN]).max() < 0.2


def test_labials_leave_the_tongue_to_their_neighbours_and_pauses_rest_it() -> None:
    assert at_centre("_ i p i _", 2)[BACK] > 0.25
    assert at_centre("_ A p A _", 2)[[TIP, OUT, BACK]].max() < 0.05
    phones = said("_ _ _ t A _ _ _ _")
    weights = articulate_tongue(phones, phones[-1].end, FPS)
    assert np.abs(weights[:12]).max() < 1e-3
    assert np.abs(weights[-12:]).max() < 1e-3


def test_every_sound_has_its_place_and_weights_stay_between_0_and_1() -> None:
    phones = said(" ".join(sorted(SYMBOLS)))
    weights = articulate_tongue(phones, phones[-1].end, FPS)
    assert weights.shape[1] == len(SPEECH_TONGUE)
    assert (weights.min(), weights.max()) >= (0.0, 0.0)
    assert weights.max() <= 1.0
    assert articulate_tongue([], 0.0, 30.0).shape == (1, 4)


def spoken() -> Motion:
    phones = said("_ h A t T i N k l A s _", 0.1)
    return rule_motion(phones, None, phones[-1].end, 30.0)


def test_a_rule_motion_has_lips_as_before_and_a_tongue_that_moves_no_vertex() -> None:
    phones, motion = said("_ h A t T i N k l A s _", 0.1), spoken()
    assert motion.names == (*SPEECH_SHAPES, *SPEECH_TONGUE)
    lips = articulate(phones, motion.duration, 30.0)
    np.testing.assert_array_equal(motion.weights[:, : len(SPEECH_SHAPES)], lips)
    assert not motion.basis[len(SPEECH_SHAPES) :].any()


def test_the_tongue_travels_packed_and_in_files_by_name(tmp_path: Path) -> None:
    motion = spoken()
    assert can_pack(motion)
    again, _ = unpack(pack(motion, {}))
    assert again.names == motion.names
    np.testing.assert_allclose(again.weights, motion.weights, atol=1e-4)
    motion.save(tmp_path / "m.npz")
    assert Motion.load(tmp_path / "m.npz").names == motion.names


def test_a_tongue_is_reduced_beside_the_lips_and_the_lips_are_as_without_it() -> None:
    motion = spoken()
    lips, tongue = split_tongue(motion)
    assert lips.names == SPEECH_SHAPES
    assert tongue.names == SPEECH_TONGUE
    how = Reduction()
    assert how.curves(lips)[0].keys() == how.curves(motion)[0].keys()
    curves = tongue_curves(tongue, how)
    frames = np.arange(motion.frames)
    for name, curve in curves.items():
        wanted = tongue.weights[:, tongue.names.index(name)]
        assert np.abs(curve.at(frames) - wanted).max() * 12 <= TOLERANCE_MM + 1e-3, name
    assert {"tongueTipUp", "tongueOut", "tongueUp"} <= set(curves)
    assert split_tongue(lips)[0] is lips
    assert tongue_curves(split_tongue(lips)[1], how) == {}
