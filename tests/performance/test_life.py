"""Life over ten minutes of talk: rates, places, shares and speeds as people have them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.performance.life import gaze, head
from model_core.performance.life.accents import prominence
from model_core.performance.life.blinks import FLOOR, Blink, closed_share
from model_core.performance.life.brows import LEAD
from model_core.performance.life.lids import opening_mm
from model_core.performance.life.life import PARTS, Life, LifeOptions, animate, draw_life, live
from model_core.performance.life.voice import RATE, Voice, hear_voice
from model_core.rig.rig import load_face_rig
from tests.performance.life_speech import conversation, silence, ten_minutes
from tests.speech_like import speech_like

SEEDS = range(5)


@cache
def life_of(seed: int, **parts: float) -> Life:
    return draw_life(ten_minutes(), LifeOptions(seed=seed, parts=parts))


def talking(seconds: float, fps: float) -> Motion:
    """Return a mouth that talks, at a frame rate."""
    motion = speech_like(300)
    frames = round(seconds * fps)
    weights = motion.weights[np.arange(frames) % motion.frames]
    return replace(motion, fps=fps, weights=weights)


def test_the_sample_is_a_conversation() -> None:
    voice = ten_minutes()
    assert 0.3 < voice.speaking.mean() < 0.7
    assert 0.15 < voice.listening.mean() < 0.5
    assert len(voice.phrases) > 100


@pytest.mark.parametrize("seed", SEEDS)
def test_blinks_come_as_often_and_where_people_have_them(seed: int) -> None:
    life, voice = life_of(seed), ten_minutes()
    starts = np.array([blink.time for blink in life.blinks])
    assert 15.0 <= len(starts) / voice.seconds * 60.0 <= 33.0
    assert np.diff(starts).min() >= FLOOR
    pauses = voice.pauses
    away = np.maximum(pauses[None, :, 0] - starts[:, None], starts[:, None] - pauses[None, :, 1])
    assert np.mean(away.min(axis=1) <= 0.5) >= 0.6
    ends = np.abs(starts[:, None] - voice.phrases[None, :, 1]).min(axis=1)
    chance = np.abs(np.arange(0, voice.seconds, 0.1)[:, None] - voice.phrases[None, :, 1])
    assert np.mean(ends <= 0.5) > 1.5 * np.mean(chance.min(axis=1) <= 0.5)
    complete = np.mean([blink.depth == 1.0 for blink in life.blinks])
    assert 0.35 < complete < 0.65


@pytest.mark.parametrize("seed", SEEDS)
def test_blinks_find_the_pauses_of_somebody_who_hardly_makes_any(seed: int) -> None:
    speaking = np.arange(60000) % 600 >= 20  # 0.2 s of silence every 6 s, for ten minutes
    voice = Voice(np.zeros(60000), np.zeros(60000), speaking)
    starts = np.array([b.time for b in draw_life(voice, LifeOptions(seed=seed)).blinks])
    assert 15.0 <= len(starts) / 10.0 <= 33.0
    assert np.diff(starts).min() >= FLOOR
    pauses = voice.pauses
    away = np.maximum(pauses[None, :, 0] - starts[:, None], starts[:, None] - pauses[None, :, 1])
    assert np.mean(away.min(axis=1) <= 0.5) >= 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_eyes_rest_on_the_other_as_talkers_and_listeners_do(seed: int) -> None:
    life, voice = life_of(seed), ten_minutes()
    at = np.arange(0.0, voice.seconds, 1.0 / RATE)
    on = np.linalg.norm(gaze.directions(life.fixations, at), axis=1) <= 2.0
    listens = voice.listening[: len(at)]
    assert 0.35 <= on[~listens].mean() <= 0.50
    assert 0.70 <= on[listens].mean() <= 0.80


def saccades(directions: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
    """Return degrees, seconds and peak degrees a second of each fast run of (T, 2) directions."""
    steps = np.linalg.norm(np.diff(directions, axis=0), axis=1)
    edges = np.diff(np.pad((steps * fps > 2.0).astype(int), 1)).nonzero()[0].reshape(-1, 2)
    return np.array(
        [
            (np.linalg.norm(directions[b] - directions[a]), (b - a) / fps, steps[a:b].max() * fps)
            for a, b in edges
        ]
    )


def test_saccades_are_on_the_main_sequence_and_under_the_cap() -> None:
    fps = 2000.0
    at = np.arange(0.0, 240.0, 1.0 / fps)
    size, lasts, peak = saccades(gaze.directions(life_of(0).fixations, at), fps).T
    clear = size > 1.0
    assert clear.sum() > 100
    np.testing.assert_allclose(lasts[clear], 0.025 + 0.0024 * size[clear], atol=0.003)
    expected = 500.0 * (1.0 - np.exp(-size[clear] / 11.0))
    assert np.abs(peak[clear] / expected - 1.0).max() < 0.35
    assert np.linalg.norm(gaze.directions(life_of(0).fixations, at), axis=1).max() <= 12.1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_head_follows_the_voice_slowly_about_its_rest(seed: int) -> None:
    life, voice = life_of(seed), ten_minutes()
    at = np.arange(0.0, voice.seconds, 1.0 / 60.0)
    angles = head.head_angles(life.head, 0.7 * life.lungs, 1.0, at)
    heard = np.interp(at, np.arange(len(voice.speaking)) / RATE, prominence(voice, 0.2))
    followed = [abs(np.corrcoef(axis, heard)[0, 1]) for axis in angles.T]
    assert min(followed) > 0.4
    assert np.abs(np.diff(angles, axis=0)).max() * 60.0 <= 60.0
    assert np.abs(angles.mean(axis=0)).max() < 0.05
    assert np.abs(angles[[0, -1]]).max() < 0.2
    moves = np.abs(np.diff(angles, axis=0)).mean(axis=1)
    listens = np.interp(at[1:], np.arange(len(voice.speaking)) / RATE, voice.listening) > 0.5
    assert moves[listens].mean() < 0.6 * moves[~listens].mean()


def test_brows_rise_on_a_share_of_the_accents_a_little_before_them() -> None:
    life, voice = life_of(0), ten_minutes()
    spoken = [move for move in life.brows if not voice.at(voice.listening, move.time)]
    accents = np.array([accent.time for accent in life.accents])
    assert 0.1 < len(spoken) / len(accents) < 0.5
    leads = [np.abs(accents - LEAD - move.time).min() for move in spoken]
    assert np.median(leads) < 0.02
    assert len(life.brows) > len(spoken)  # some in silence


def test_the_same_seed_is_the_same_life_at_any_frame_rate() -> None:
    samples = conversation(30.0, seed=4)
    options = LifeOptions(seed=11, parts={"blinks": 0.0})
    slow, fast = (live(talking(30.0, fps), samples, options) for fps in (25.0, 100.0))
    again = live(talking(30.0, 25.0), samples, options)
    assert slow.names == fast.names == again.names
    np.testing.assert_array_equal(slow.weights, again.weights)
    life = [name for name in slow.names if name.startswith(("eye", "brow"))]
    columns = [slow.names.index(name) for name in life]
    assert len(life) > 8
    np.testing.assert_allclose(slow.weights[:, columns], fast.weights[::4, columns], atol=1e-6)
    np.testing.assert_allclose(slow.head, fast.head[::4], atol=1e-6)
    np.testing.assert_allclose(slow.eyes, fast.eyes[::4], atol=1e-6)
    other = live(talking(30.0, 25.0), samples, replace(options, seed=12))
    assert np.abs(other.head - slow.head).max() > 0.01


@pytest.mark.parametrize("fps", [12.0, 23.976, 30.0, 60.0])
def test_every_whole_blink_closes_the_lids_whatever_else_moves_them(fps: float) -> None:
    life, options = life_of(1), LifeOptions(seed=1)
    motion = animate(talking(120.0, fps), life, options)
    moved = [name for name in motion.names if name in load_face_rig().names]
    columns = {name: motion.weights[:, motion.names.index(name)] for name in moved}
    opening = opening_mm(columns)
    whole = [b for b in life.blinks if b.depth == 1.0 and b.end < 120.0]
    assert len(whole) > 10
    for blink in whole:
        frames = slice(round(blink.time * fps), round(blink.end * fps) + 2)
        assert opening[frames].min(axis=0).max() <= 0.5
    assert opening.min() > -2.0  # nor do the lids pass far over each other
    assert np.median(opening) > 7.0


def test_a_blink_closes_faster_than_it_opens() -> None:
    blink = Blink(time=0.1, closing=0.08, hold=0.02, opening=0.18, depth=1.0)
    at = np.arange(0.0, 0.5, 0.001)
    share = closed_share([blink], at, 0.001)
    assert share.max() == 1.0
    assert share[at < 0.1].max() == share[at > 0.39].max() == 0.0
    half = np.flatnonzero(share >= 0.5)
    top = np.flatnonzero(share == 1.0)
    assert top[0] - half[0] < 0.7 * (half[-1] - top[-1])


def test_the_mouth_is_the_same_bits_and_its_opening_the_same() -> None:
    samples = conversation(20.0, seed=2)
    before = talking(20.0, 30.0)
    after = live(before, samples, LifeOptions())
    assert after.names[: len(before.names)] == before.names
    np.testing.assert_array_equal(after.weights[:, : len(before.names)], before.weights)
    np.testing.assert_array_equal(after.basis[: len(before.names)], before.basis)
    added = after.names[len(before.names) :]
    assert {name.rstrip("LeftRigh") for name in added} and not any(
        name.startswith(("mouth", "jaw", "cheek", "nose")) for name in added
    )
    opening = np.abs(lip_opening(after) - lip_opening(before))
    assert opening.max() < 0.01  # mm


@pytest.mark.parametrize("part", PARTS)
def test_a_part_left_out_leaves_the_others_as_they_were(part: str) -> None:
    samples = conversation(20.0, seed=3)
    whole = live(talking(20.0, 30.0), samples, LifeOptions(seed=5))
    without = live(talking(20.0, 30.0), samples, LifeOptions(seed=5, parts={part: 0.0}))
    kept = {
        "blinks": ("browInnerUpLeft",),
        "brows": ("eyeLookOutLeft",),
        "gaze": ("browInnerUpLeft",),
        "lids": ("eyeLookUpLeft", "browInnerUpLeft"),
        "head": ("browInnerUpLeft",),
        "breathing": ("browInnerUpLeft",),
    }
    gone = {"blinks": "eyeBlink", "brows": "brow", "gaze": "eyeLook", "lids": "eyeWide"}
    if part in gone:
        assert any(name.startswith(gone[part]) for name in whole.names)
        assert not any(name.startswith(gone[part]) for name in without.names)
    else:
        assert np.abs(whole.head - without.head).max() > 1e-3
    if part != "blinks":
        for name in kept[part]:
            columns = [each.weights[:, each.names.index(name)] for each in (whole, without)]
            np.testing.assert_array_equal(*columns)


def test_a_variation_draws_one_part_anew() -> None:
    one = draw_life(ten_minutes(), LifeOptions(seed=5))
    other = draw_life(ten_minutes(), LifeOptions(seed=5, variations={"blinks": 6}))
    assert [b.time for b in one.blinks] != [b.time for b in other.blinks]
    assert one.fixations == other.fixations and one.brows == other.brows


def test_an_amount_scales_what_is_drawn() -> None:
    rates = [len(life_of(0, blinks=amount).blinks) for amount in (0.5, 1.0, 1.5)]
    assert rates[0] < 0.7 * rates[1] < 0.7 * rates[2]
    samples = conversation(20.0, seed=3)
    small, large = (
        live(talking(20.0, 30.0), samples, LifeOptions(seed=5, parts={"head": amount})).head
        for amount in (0.3, 1.0)
    )
    assert small.std() < 0.6 * large.std()


def test_no_life_is_the_motion_itself() -> None:
    motion = talking(2.0, 30.0)
    assert live(motion, conversation(2.0), LifeOptions(amount=0.0)) is motion


def test_eyes_rest_on_somebody_who_walks_by_and_lungs_are_told() -> None:
    motion, life, options = talking(30.0, 30.0), life_of(2), LifeOptions(seed=2)
    other = np.zeros((900, 2))
    other[:, 0] = np.radians(np.linspace(-25.0, 60.0, 900))  # beyond what eyes reach
    plain, looking = (animate(motion, life, options, where) for where in (None, other))
    turned = np.degrees(looking.eyes - plain.eyes)[:, :, 0]
    np.testing.assert_allclose(turned[:, 0], np.clip(np.linspace(-25, 60, 900), -30, 30), atol=1e-3)
    np.testing.assert_array_equal(turned[:, 0], turned[:, 1])
    np.testing.assert_array_equal(looking.head, plain.head)
    column = looking.names.index("eyeLookOutLeft")
    assert looking.weights[-1, column] > plain.weights[-1, column] + 0.5
    assert 0.3 < looking.breath.max() <= 1.0 and looking.breath.min() >= 0.0


@pytest.mark.parametrize("seconds", [0.02, 0.4, 3.0])
def test_short_and_silent_sounds_have_life_too(seconds: float) -> None:
    rng = np.random.default_rng(0)
    quiet = silence(rng, seconds)
    for samples in (quiet, 0.0 * quiet, conversation(seconds), 1e3 * quiet):
        motion = live(talking(max(seconds, 0.04), 30.0), samples, LifeOptions())
        assert np.isfinite(motion.weights).all() and np.isfinite(motion.head).all()
        assert np.abs(np.degrees(motion.head)).max() < 30.0


def test_somebody_silent_for_long_still_blinks_and_looks() -> None:
    voice = hear_voice(silence(np.random.default_rng(0), 60.0))
    assert voice.listening.all() and not voice.speaking.any()
    life = draw_life(voice, LifeOptions())
    assert 8 <= len(life.blinks) <= 30
    assert len(life.fixations) > 10


def test_on_a_mesh_of_another_topology_head_and_eyes_alone_turn() -> None:
    motion = Motion(
        30.0, ("a",), np.ones((1, 4, 3), np.float32), np.zeros((90, 1), np.float32), "quad"
    )
    result = live(motion, conversation(3.0), LifeOptions())
    assert result.names == ("a",)
    assert result.head.any() and result.eyes.any()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"amount": -1.0}, "0 or more"),
        ({"amount": float("nan")}, "0 or more"),
        ({"parts": {"ears": 1.0}}, "no part ears"),
        ({"parts": {"head": -0.1}}, "0 or more"),
        ({"seed": -1}, "Seeds"),
    ],
)
def test_what_is_out_of_place_is_said(given: dict, says: str) -> None:
    with pytest.raises(UserError, match=says):
        LifeOptions(**given)


@pytest.mark.shared
def test_blinks_last_as_long_as_those_of_iphone_takes(shared_dir: Path) -> None:
    with np.load(shared_dir / "data" / "life" / "arkit_takes.npz") as takes:
        column = list(takes["names"]).index("EyeBlinkLeft")
        real = [_lasting(takes[take][:, column].astype(float), 30.0) for take in takes.files[2:]]
    at = np.arange(0.0, 600.0, 1.0 / 30.0)
    ours = _lasting(closed_share(life_of(0).blinks, at, 1.0 / 30.0), 30.0)
    theirs = np.concatenate(real)
    low, high = np.percentile(theirs, [10, 90])
    assert low <= np.median(ours) <= high
    assert 0.6 < np.median(ours) / np.median(theirs) < 1.7


def _lasting(share: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
    """Return how long each blink is more than 0.35 closed, in seconds; long closures are none."""
    edges = np.diff(np.pad((share > 0.35).astype(int), 1)).nonzero()[0].reshape(-1, 2)
    lasts = np.diff(edges, axis=1)[:, 0] / fps
    return lasts[lasts < 0.4]
