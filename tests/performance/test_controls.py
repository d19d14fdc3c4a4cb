"""Controls do what they say, leave the rest alone and keep closed lips closed."""

from dataclasses import replace

import numpy as np
import pytest

from model_core.base.assets import DEMO_SPEECH
from model_core.models.predictor import Predictor
from model_core.motion.channels import with_channels
from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.performance.controls import notes_on, performed
from model_core.performance.options import CONTROLS, BakeOptions, names_at, options
from model_core.performance.style_mix import mixed, styles_beside
from model_core.rig.lip_geometry import lip_curves
from model_core.rig.shapes import CLOSED_MM
from model_core.speech.audio import read_sound


@pytest.fixture(scope="module")
def spoken() -> Motion:
    return Predictor.load().predict(read_sound(DEMO_SPEECH).samples, 30.0)


def opening(motion: Motion) -> np.ndarray:
    measured = lip_opening(motion)
    assert measured is not None
    return measured


def with_control(motion: Motion, **chosen: float) -> Motion:
    return performed(motion, None, BakeOptions(**chosen))  # type: ignore[arg-type]


def test_neutral_controls_change_no_bit(spoken: Motion) -> None:
    assert np.array_equal(performed(spoken, None, BakeOptions()).weights, spoken.weights)
    assert performed(spoken, 40, BakeOptions()).frames == 40


STRONG = [
    {"jaw": 0.5},
    {"jaw": 1.6},
    {"lips": 0.4},
    {"lips": 1.7},
    {"rounding": 2.0},
    {"width": 2.0},
    {"upper_lip": 2.0},
    {"asymmetry": 0.8},
    {"smoothing_ms": 60.0},
    {"strength": 1.0, "mouth_only": True},
]


@pytest.mark.parametrize("chosen", STRONG, ids="-".join)
def test_closed_lips_stay_closed(spoken: Motion, chosen: dict[str, float]) -> None:
    closed = opening(spoken) < CLOSED_MM
    assert closed.sum() > 10
    assert np.abs(opening(with_control(spoken, **chosen)) - opening(spoken))[closed].max() < 0.1


def test_the_jaw_opens_as_much_more_as_asked(spoken: Motion) -> None:
    wide = opening(spoken) > 6.0
    ratio = opening(with_control(spoken, jaw=1.5))[wide] / opening(spoken)[wide]
    assert 1.3 < np.median(ratio) < 1.7


@pytest.mark.parametrize(("control", "measure"), [("rounding", "protrusion"), ("width", "width")])
def test_rounding_and_width_act_on_what_they_name(
    spoken: Motion, control: str, measure: str
) -> None:
    def spread(motion: Motion) -> float:
        curve = getattr(lip_curves(motion.weights, motion.basis), measure)
        return float(np.ptp(curve))

    assert spread(with_control(spoken, **{control: 1.8})) > 1.2 * spread(spoken)
    assert spread(with_control(spoken, **{control: 0.0})) < spread(spoken)


def test_closing_brings_lips_together_by_what_it_says(spoken: Motion) -> None:
    closed = opening(spoken) < CLOSED_MM
    firmer = opening(with_control(spoken, closing=2.0)) - opening(spoken)
    looser = opening(with_control(spoken, closing=0.0)) - opening(spoken)
    assert np.median(firmer[closed]) < -1.2
    assert np.median(looser[closed]) == pytest.approx(1.5, abs=0.2)
    assert np.abs(firmer[opening(spoken) > 5.0]).max() < 0.1


def test_the_mouth_rests_where_the_sound_is_below_the_level(spoken: Motion) -> None:
    loudness = np.full(spoken.frames, -5.0, np.float32)
    loudness[60:120] = -35.0  # quiet
    loudness[140:142] = -35.0  # as short as the silence of a /t/
    heard = replace(spoken, loudness=loudness)
    looking = with_channels(heard, {"eyeLookUpLeft": np.full(heard.frames, 0.3)})
    quiet = with_control(looking, silence_db=-30.0)
    mouth = [name.startswith(("jaw", "mouth")) for name in quiet.names]
    assert np.abs(spoken.weights[68:111]).max() > 0.1
    assert np.abs(quiet.weights[68:111][:, mouth]).max() == 0.0
    assert np.allclose(quiet.weights[:, quiet.names.index("eyeLookUpLeft")], 0.3)
    kept = np.r_[0:55, 125 : spoken.frames]
    assert np.array_equal(quiet.weights[kept], looking.weights[kept])
    steps = [np.abs(np.diff(each.weights, axis=0)).max() for each in (quiet, spoken)]
    assert steps[0] < 1.5 * steps[1]
    assert np.array_equal(with_control(heard, silence_db=-40.0).weights, spoken.weights)


def test_without_a_known_loudness_the_mouth_speaks_on(spoken: Motion) -> None:
    bare = replace(spoken, loudness=None)
    assert np.array_equal(with_control(bare, silence_db=-20.0).weights, bare.weights)


def test_an_offset_moves_all_by_its_time(spoken: Motion) -> None:
    later = with_control(spoken, offset_ms=200.0)
    assert later.frames == spoken.frames
    assert np.allclose(later.weights[6:], spoken.weights[:-6], atol=1e-5)
    earlier = with_control(spoken, offset_ms=-200.0)
    assert np.allclose(earlier.weights[:-6], spoken.weights[6:], atol=1e-5)


def test_smoothing_calms(spoken: Motion) -> None:
    def jerk(motion: Motion) -> float:
        return float(np.abs(np.diff(motion.weights, n=2, axis=0)).sum())

    assert jerk(with_control(spoken, smoothing_ms=80.0)) < 0.6 * jerk(spoken)


def test_asymmetry_favours_a_side(spoken: Motion) -> None:
    lopsided = with_control(spoken, asymmetry=1.0)
    left, right = (spoken.names.index(f"mouthLowerDown{side}") for side in ("Left", "Right"))
    wide = opening(spoken) > 6.0
    moved = lopsided.weights - spoken.weights
    assert (moved[wide][:, left] >= 0).all()
    assert (moved[wide][:, right] <= 0).all()
    assert np.abs(moved[wide][:, [left, right]]).max() > 0.01


def test_only_the_mouth_moves_if_nothing_else_may(spoken: Motion) -> None:
    named = replace(spoken, names=("browInnerUpLeft", *spoken.names[1:]))
    assert not with_control(named, mouth_only=True).weights[:, 0].any()


def test_a_model_without_named_shapes_says_what_does_nothing(spoken: Motion) -> None:
    names = tuple(f"dense{k}" for k in range(len(spoken.names)))
    dense = replace(spoken, names=names)
    chosen = BakeOptions(jaw=1.5, offset_ms=40.0)
    assert "Jaw" in notes_on(dense, chosen)[0]
    assert not notes_on(dense, BakeOptions(offset_ms=40.0))
    assert not notes_on(spoken, chosen)
    assert performed(dense, None, chosen).frames == dense.frames


def test_every_control_is_neutral_at_its_default() -> None:
    for name in names_at(CONTROLS):
        field, about = options()[name]
        assert isinstance(field.default, bool | str) or about.low <= field.default <= about.high


def test_smoothing_leaves_blinks_and_looks(spoken: Motion) -> None:
    blink = np.zeros(spoken.frames, np.float32)
    blink[spoken.frames // 2] = 1.0
    alive = with_channels(spoken, {"eyeBlinkLeft": blink, "eyeLookUpRight": blink})
    smooth = with_control(alive, smoothing_ms=80.0)
    for name in ("eyeBlinkLeft", "eyeLookUpRight"):
        np.testing.assert_array_equal(smooth.weights[:, smooth.names.index(name)], blink)


def test_styles_are_mixed_by_their_share_and_closures_stay(spoken: Motion) -> None:
    wide = Predictor.load().predict(read_sound(DEMO_SPEECH).samples, 30.0, "wide")
    others = {"wide": wide}
    assert mixed(spoken, others, BakeOptions(blend_style="wide")) is spoken
    assert mixed(spoken, others, BakeOptions(blend_style="mumbled", style_blend=0.5)) is spoken
    whole = mixed(spoken, others, BakeOptions(blend_style="wide", style_blend=1.0))
    assert np.abs(whole.offsets() - wide.offsets()).max() < 2e-5
    half = mixed(spoken, others, BakeOptions(blend_style="wide", style_blend=0.5))
    closed, open_ = opening(wide) < CLOSED_MM, opening(spoken) > CLOSED_MM + 4.0
    assert closed.sum() > 10 and (opening(half)[closed] < CLOSED_MM + 0.1).all()
    between = (opening(spoken) + opening(wide))[open_] / 2
    np.testing.assert_allclose(opening(half)[open_], between, atol=0.02)


def test_styles_that_are_told_are_those_that_are_kept_or_mixed() -> None:
    offered = ("neutral", "wide", "mumbled")
    assert styles_beside(BakeOptions(), "neutral", offered) == ()
    kept = BakeOptions(keep_styles=True)
    assert styles_beside(kept, "wide", offered) == ("neutral", "mumbled")
    blended = BakeOptions(blend_style="wide", style_blend=0.2)
    assert styles_beside(blended, "neutral", offered) == ("wide",)
    assert styles_beside(blended, "wide", offered) == ()
    assert styles_beside(BakeOptions(blend_style="wide"), "neutral", offered) == ()
