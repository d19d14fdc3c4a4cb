"""Takes: noise that is the same however it is asked for, and lips that close as in take 0."""

import numpy as np
import pytest

from model_core.base.assets import DEMO_SPEECH
from model_core.base.errors import UserError
from model_core.models.predictor import Predictor
from model_core.motion.closures import lip_opening
from model_core.performance.expression import life_of
from model_core.performance.manners import MANNERS, MannerWalk
from model_core.performance.options import BakeOptions
from model_core.performance.takes import StyleWalk, TimeWalk, stilled, varied, with_neighbours
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.audio import load_audio
from tests.speech_like import speech_like


def walk(take: int) -> StyleWalk:
    return StyleWalk(np.random.default_rng([0, take]), 4, 60.0)


def test_a_walk_is_smooth_and_its_shares_add_to_nothing() -> None:
    rows = walk(1).rows(60 * 60)
    np.testing.assert_allclose(rows.sum(axis=1), 0.0, atol=1e-5)
    assert 0.3 < rows.std() < 1.0
    assert abs(np.diff(rows, axis=0)).max() < 0.12  # of 60 a second
    assert abs(rows[:-300] - rows[300:]).mean() > 0.3  # five seconds later it is elsewhere


def test_a_walk_among_manners_is_smooth_and_the_same_in_parts() -> None:
    whole, other = (MannerWalk(np.random.default_rng([0, n]), 60.0).rows(500) for n in (1, 2))
    parts = MannerWalk(np.random.default_rng([0, 1]), 60.0)
    np.testing.assert_array_equal(np.concatenate([parts.rows(n) for n in (1, 0, 499)]), whole)
    assert whole.shape == (500, len(MANNERS))
    assert abs(np.diff(whole, axis=0)).max() < 0.3 < abs(whole - other).max()  # of 60 a second
    smile = whole[:, MANNERS.index("smile")]
    assert smile.min() == smile.max() >= 0.0


def test_a_walk_is_the_same_in_parts() -> None:
    whole, parts = walk(2).rows(500), walk(2)
    np.testing.assert_array_equal(np.concatenate([parts.rows(n) for n in (1, 0, 200, 299)]), whole)
    assert abs(walk(3).rows(500) - whole).max() > 0.1


def test_frames_come_a_little_early_or_late_but_not_where_lips_meet() -> None:
    plain, counted = speech_like(600), np.arange(-1.0, 601.0, dtype=np.float32)
    take = np.repeat(counted[:, None], len(SPEECH_SHAPES), axis=1)  # each frame is its number
    late = np.arange(600) - TimeWalk(np.random.default_rng(1), 60.0).retimed(plain, take)[:, 0]
    opening = lip_opening(plain)
    assert opening is not None
    assert (late[opening < CLOSED_MM] == 0.0).all()
    assert 0.3 < abs(late).max() <= 0.72 + 1e-3  # frames: 12 ms
    assert late.min() < -0.1 < 0.1 < late.max()
    parts, again = TimeWalk(np.random.default_rng(1), 60.0), []
    for first, last in ((0, 250), (250, 600)):
        part = plain.between(first, last)
        again.append(np.arange(first, last) - parts.retimed(part, take[first : last + 2])[:, 0])
    np.testing.assert_array_equal(np.concatenate(again), late)


@pytest.mark.parametrize("sizes", [(1,), (1, 1, 1), (2, 5), (1, 0, 6, 1)])
def test_each_frame_has_neighbours_however_it_comes(sizes: tuple[int, ...]) -> None:
    rows = np.arange(sum(sizes), dtype=np.float32)[:, None]
    blocks = np.split(rows, np.cumsum(sizes)[:-1])
    found = [each for each in with_neighbours(blocks) if len(each) > 2]
    np.testing.assert_array_equal(np.concatenate([each[1:-1] for each in found]), rows)
    np.testing.assert_array_equal(np.concatenate([e[2:] for e in found])[:-1], rows[1:])
    np.testing.assert_array_equal(np.concatenate([e[:-2] for e in found])[1:], rows[:-1])


@pytest.mark.parametrize("variation", [0.5, 1.0, 1.5])
def test_a_take_closes_the_lips_where_the_plain_motion_does_and_nowhere_else(
    variation: float,
) -> None:
    plain = speech_like(600)
    take = varied(plain, speech_like(600, seed=1), variation)
    was, now = lip_opening(plain), lip_opening(take)
    assert was is not None and now is not None
    closed = was < CLOSED_MM
    assert 10 < closed.sum() < 500
    assert abs(now - was)[~closed].max() > 1.0
    np.testing.assert_allclose(now[closed], was[closed], atol=1e-3)
    assert (now[~closed] >= CLOSED_MM - 1e-3).all()
    assert take.weights.min() >= 0.0


def test_the_lower_lip_stays_under_the_teeth() -> None:
    plain, loose = speech_like(600), speech_like(600, seed=1)
    roll = SPEECH_SHAPES.index("mouthRollLower")
    plain.weights[100:120, roll] = 0.5
    loose.weights[:, roll] = 0.0
    take = varied(plain, loose, 1.0)
    assert take.weights[100:120, roll].min() >= 0.5 - 1e-6
    assert take.weights[200:, roll].min() < 0.1


def test_less_is_added_where_lips_are_closed() -> None:
    plain = speech_like(600)
    opening = lip_opening(plain)
    assert opening is not None
    added = stilled(plain, np.ones((600, 3), np.float32), 0.4)
    assert np.ptp(added, axis=1).max() == 0.0
    np.testing.assert_allclose(added[opening < CLOSED_MM], 0.6, atol=1e-6)
    np.testing.assert_allclose(added[opening > CLOSED_MM + 0.8], 1.0, atol=1e-6)


def test_no_variation_is_the_plain_motion() -> None:
    plain = speech_like(600)
    take = varied(plain, speech_like(600, seed=1), 0.0)
    np.testing.assert_allclose(take.weights, plain.weights, atol=1e-6)


def test_a_take_of_the_shipped_model_is_always_the_same_and_take_0_the_plain_one() -> None:
    model, samples = Predictor.load(None, "cpu"), load_audio(DEMO_SPEECH, end=2.5)
    plain = model.predict(samples).weights
    assert plain.max() > 0.05
    for take, variation in ((0, 1.5), (5, 0.0)):
        alike = model.predict(samples, take=take, variation=variation).weights
        assert alike.tobytes() == plain.tobytes()
    one, again, other = (model.predict(samples, take=take).weights for take in (1, 1, 2))
    assert one.tobytes() == again.tobytes()
    assert min(abs(one - plain).max(), abs(one - other).max()) > 0.01
    assert model.notes_on_take(1) == []


def test_numbers_that_cannot_be_are_refused() -> None:
    model = Predictor.load(None, "cpu")
    with pytest.raises(UserError, match="The variation must lie"):
        model.predict(np.zeros(1600, np.float32), take=1, variation=2.0)
    with pytest.raises(UserError, match="take must lie"):
        model.predict(np.zeros(1600, np.float32), take=-1)


def test_each_take_has_a_life_of_its_own() -> None:
    drawn = [
        life_of(options).generator("gaze").random()
        for options in (
            BakeOptions(seed=3),
            BakeOptions(seed=3, take=4, variation=0.0),
            BakeOptions(seed=3, take=4),
            BakeOptions(seed=4, take=4),
        )
    ]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3
