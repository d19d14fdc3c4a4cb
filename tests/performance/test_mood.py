"""Moods: each its own face, within limits, over time, and every closure of the lips kept."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.demo.head import load_demo_head
from model_core.motion.closures import closures, lip_opening
from model_core.motion.motion import Motion
from model_core.performance.expression import express
from model_core.performance.life.life import LifeOptions, draw_life
from model_core.performance.life.voice import hear_voice
from model_core.performance.mood.apply import manner_of, with_moods
from model_core.performance.mood.changes import changing, read_changes
from model_core.performance.mood.moods import MOODS, MOST
from model_core.performance.options import BakeOptions
from model_core.rig.lip_geometry import OPENINGS, measures_per_unit
from model_core.rig.mesh import flipped
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM
from tests.performance.life_speech import conversation
from tests.speech_like import speech_like

RIG = load_face_rig()


@cache
def speech() -> Motion:
    return speech_like(900, seed=3)


def openings(motion: Motion) -> NDArray[np.float64]:
    """Return the (T, 3) openings of the lips' three pairs in mm."""
    return motion.weights @ measures_per_unit(motion.basis)[:, OPENINGS]


def at_rest() -> Motion:
    still = speech()
    return Motion(30.0, still.names, still.basis, np.zeros((1, len(still.names)), np.float32))


@pytest.mark.parametrize("name", ["surprised", "disgusted", "angry"])
def test_lips_kept_closed_are_not_pursed_by_it(name: str) -> None:
    before, after = speech(), with_moods(speech(), {name: 1.0})
    forward = [m.weights @ measures_per_unit(m.basis)[:, -1] for m in (before, after)]
    assert np.ptp(forward[1] - forward[0]) < 0.25  # mm: rounded sounds stay as far from others


@pytest.mark.parametrize("name", MOODS)
@pytest.mark.parametrize("amount", [0.5, 1.0, MOST])
def test_closed_lips_stay_closed_to_a_tenth_of_a_millimetre(name: str, amount: float) -> None:
    before, after = speech(), with_moods(speech(), {name: amount})
    opening = lip_opening(before)
    closed = opening < CLOSED_MM
    assert closed.sum() > 20
    assert np.abs(lip_opening(after) - opening)[closed].max() <= 0.1
    parted = (openings(after) - openings(before))[closed]
    assert parted.max() <= 0.1 * max(amount, 1.0)
    assert closures(lip_opening(after)) == closures(opening)


@pytest.mark.parametrize("name", MOODS)
def test_a_mood_shows_and_folds_nothing(name: str) -> None:
    rest = with_moods(at_rest(), {name: 1.0}).offsets()[0]
    assert np.linalg.norm(rest, axis=1).max() * 1000 > 1.5
    talking = with_moods(speech(), {name: 1.0})
    assert talking.weights.max() <= 1.0
    for neutral in (RIG.neutral.astype(float), load_demo_head().vertices.astype(float)):
        assert flipped(neutral, neutral + rest, RIG.faces).sum() == 0
        for offsets in talking.portion(240, 1.0).offsets()[::40]:
            assert flipped(neutral, neutral + offsets, RIG.faces).sum() == 0


def test_moods_differ_from_one_another() -> None:
    faces = [with_moods(at_rest(), {name: 1.0}).offsets()[0] for name in MOODS]
    for i, one in enumerate(faces):
        for other in faces[:i]:
            assert np.linalg.norm(one - other, axis=1).max() * 1000 > 2.0


def test_an_amount_may_change_over_time() -> None:
    ramp = np.linspace(0.0, 1.0, 900)
    whole, ramped = (with_moods(speech(), {"sad": amount}) for amount in (1.0, ramp))
    column = ramped.names.index("browInnerUpLeft")
    np.testing.assert_allclose(
        ramped.weights[:, column], ramp * whole.weights[:, column], atol=1e-6
    )
    np.testing.assert_allclose(ramped.weights[0, : len(speech().names)], speech().weights[0])


def test_two_moods_add_up_within_limits() -> None:
    both = with_moods(speech(), {"surprised": 1.5, "afraid": 1.5})
    assert both.weights[:, both.names.index("browInnerUpLeft")].max() == pytest.approx(1.0)


def test_a_smile_gives_way_to_rounded_lips() -> None:
    names = ("mouthPucker",)
    weights = np.array([[0.0], [0.5], [1.0]], np.float32)
    motion = with_moods(Motion(30.0, names, RIG.select(names), weights), {"happy": 1.0})
    smile = motion.weights[:, motion.names.index("mouthSmileLeft")]
    assert smile[0] > 1.5 * smile[1] > 0.0
    assert smile[2] < 0.25 * smile[0]


def test_manners_change_life() -> None:
    voice = hear_voice(conversation(120.0))
    counts = {}
    for name in ("angry", "tired"):
        manner, posture = manner_of({name: 1.0}, len(voice.speaking), 30.0)
        counts[name] = draw_life(voice, LifeOptions(seed=1), manner)
        assert posture.shape == (len(voice.speaking), 3)
    assert len(counts["tired"].blinks) > 1.2 * len(counts["angry"].blinks)
    slow, fast = (np.mean([b.closing for b in counts[n].blinks]) for n in ("tired", "angry"))
    assert slow > 1.4 * fast
    assert counts["tired"].head.sway.std() < 0.6 * counts["angry"].head.sway.std()


@pytest.mark.parametrize(
    ("amounts", "says"),
    [
        ({"hangry": 1.0}, "no mood 'hangry'; choose from happy"),
        ({"happy": -0.1}, "'happy' must lie from 0 to 1.5"),
        ({"happy": 2.0}, "from 0 to 1.5"),
        ({"happy": float("nan")}, "from 0 to 1.5"),
    ],
)
def test_what_is_out_of_place_is_said(amounts: dict, says: str) -> None:
    with pytest.raises(UserError, match=says):
        with_moods(speech(), amounts)


def test_a_mesh_of_another_topology_stays_as_it_is() -> None:
    motion = Motion(
        30.0, ("a",), np.ones((1, 4, 3), np.float32), np.zeros((9, 1), np.float32), "quad"
    )
    assert with_moods(motion, {"happy": 1.0}) is motion


def test_a_mood_that_changes_eases_from_key_to_key_and_stays() -> None:
    keys = read_changes("happy:1@2, sad:0.5@1 happy:0.2@4")
    assert keys == {"happy": [(2.0, 1.0), (4.0, 0.2)], "sad": [(1.0, 0.5)]}
    at = np.arange(0.0, 6.0, 0.1)
    happy = changing(keys["happy"], 0.0, at)
    assert happy[0] == 0.0 and happy[20] == 1.0 and np.allclose(happy[40:], 0.2)
    assert (np.diff(happy[:20]) > 0).all() and np.abs(np.diff(happy)).max() < 0.09
    assert changing(keys["sad"], 0.3, at)[0] == 0.3
    assert np.allclose(changing([(0.0, 0.7)], 0.1, at), 0.7)


def test_what_was_told_last_of_a_second_holds_after_it() -> None:
    keys = read_changes("happy:0@0 happy:1@2 happy:0@2")["happy"]
    amounts = changing(keys, 0.0, np.array([1.99, 2.01, 9.0]))
    assert amounts[0] > 0.9
    assert list(amounts[1:]) == [0.0, 0.0]


def test_changes_over_the_sound_show_on_the_face_and_keep_closures() -> None:
    motion, options = speech(), BakeOptions(mood_changes="disgusted:0@10 disgusted:1@12")
    moody = express(motion, conversation(30.0), options)
    sneer = moody.weights[:, moody.names.index("noseSneerLeft")]
    assert np.abs(sneer[:300]).max() == 0.0
    assert np.allclose(sneer[400:], sneer[-1]) and sneer[-1] > 0.3
    before, after = lip_opening(motion), lip_opening(moody)
    assert np.abs(after - before)[before < CLOSED_MM].max() <= 0.1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hangry:1@2", "no mood 'hangry'"),
        ("happy:1", "NAME:AMOUNT@SECOND"),
        ("happy:9@1", "from 0 to 1.5"),
        ("happy:1@-1", "from 0 on"),
        ("happy:nan@1", "from 0 to 1.5"),
    ],
)
def test_changes_that_are_none_are_one_sentence(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read_changes(text)
