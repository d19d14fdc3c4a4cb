"""The articulation rules on hand-made phone sequences, measured on the face rig."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.articulation.rules import articulate
from model_core.articulation.styles import STYLES
from model_core.base.errors import UserError
from model_core.base.units import frame_count
from model_core.rig.lip_geometry import LipCurves, lip_curves
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.phones import BILABIALS, PAUSE, SYMBOLS, Phone

FPS = 60.0


def phones_of(text: str, start: float = 0.5) -> list[Phone]:
    """Phones from `symbol:milliseconds` words, between pauses of `start` seconds."""
    phones, time = [Phone(PAUSE, 0.0, start)], start
    for word in text.split():
        symbol, milliseconds = word.rsplit(":", 1)
        phones.append(Phone(symbol, time, time + int(milliseconds) / 1000))
        time = phones[-1].end
    return [*phones, Phone(PAUSE, time, time + start)]


def curves_of(phones: list[Phone], fps: float = FPS, **settings: object) -> LipCurves:
    """Lip curves of the rules' motion for phones."""
    weights = articulate(phones, phones[-1].end, fps, **settings)  # type: ignore[arg-type]
    return lip_curves(weights, load_face_rig().select(SPEECH_SHAPES))


def at(curve: NDArray[np.float64], seconds: float, fps: float = FPS) -> float:
    """The curve's value at the frame nearest to a time."""
    return float(curve[round(seconds * fps)])


def weight(phones: list[Phone], shape: str, seconds: float) -> float:
    """Weight of a shape at a time."""
    weights = articulate(phones, phones[-1].end, FPS)
    return float(weights[round(seconds * FPS), SPEECH_SHAPES.index(shape)])


@pytest.mark.parametrize("symbol", sorted(BILABIALS))
@pytest.mark.parametrize("milliseconds", [20, 45, 90, 160])
@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 30.0, 60.0])
@pytest.mark.parametrize("style", STYLES)
def test_bilabials_seal_the_lips_at_any_length_rate_and_style(
    symbol: str, milliseconds: int, fps: float, style: str
) -> None:
    phones = phones_of(f"A::180 {symbol}:{milliseconds} A::180")
    phone = phones[2]
    opening = curves_of(phones, fps, style=style).opening
    time = np.arange(len(opening)) / fps
    near = opening[(time >= phone.start - 1 / fps) & (time <= phone.end + 1 / fps)]
    assert near.min() <= 0.0


def test_a_closure_is_crisp() -> None:
    phones = phones_of("A::180 p:90 A::180")
    opening = curves_of(phones).opening
    closed = np.flatnonzero(opening < CLOSED_MM) / FPS
    spoken = closed[(closed > 0.6) & (closed < 0.9)]
    assert 0.05 <= spoken.max() - spoken.min() <= 0.11
    assert at(opening, phones[2].start - 0.05) > 2.0
    assert at(opening, phones[2].end + 0.03) > 2.0


def test_the_seal_follows_the_jaw() -> None:
    phones = phones_of("A::200 m:80 A::200")
    weights = articulate(phones, phones[-1].end, FPS)
    frame = round(phones[2].centre * FPS)
    jaw, close = weights[frame, [SPEECH_SHAPES.index("jawOpen"), SPEECH_SHAPES.index("mouthClose")]]
    assert jaw > 0.02
    assert close == pytest.approx(jaw, rel=0.35)


def test_mouth_close_is_zero_where_no_phone_closes() -> None:
    weights = articulate(phones_of("s:90 i::120 t:60 A::150 f:80 u::140"), 1.64, FPS)
    assert not weights[:, SPEECH_SHAPES.index("mouthClose")].any()


@pytest.mark.parametrize("symbol", sorted(SYMBOLS - BILABIALS - {PAUSE}))
@pytest.mark.parametrize("style", STYLES)
def test_only_bilabials_close(symbol: str, style: str) -> None:
    phones = phones_of(f"@:80 {symbol}:90 @:80")
    opening = curves_of(phones, style=style).opening
    assert at(opening, phones[2].centre) > 1.0


@pytest.mark.parametrize("symbol", ["s", "t", "k", "n", "d", "l", "z", "D"])
def test_lips_stay_apart_in_other_consonants(symbol: str) -> None:
    phones = phones_of(f"i::120 {symbol}:80 i::120")
    assert at(curves_of(phones).opening, phones[2].centre) >= 1.6


@pytest.mark.parametrize("symbol", ["f", "v"])
def test_labiodentals_tuck_the_lower_lip_without_sealing(symbol: str) -> None:
    phones = phones_of(f"A::150 {symbol}:90 A::150")
    centre = phones[2].centre
    assert weight(phones, "mouthRollLower", centre) > 0.3
    assert weight(phones, "mouthUpperUpLeft", centre) > 0.1
    assert 0.8 < at(curves_of(phones).opening, centre) < 3.0


def test_rounding_is_anticipated_through_consonants() -> None:
    phones = phones_of("A::200 k:60 t:60 u::160")
    vowel = phones[4]
    plain = phones_of("A::200 k:60 t:60 A::160")
    rounded, unrounded = curves_of(phones).width, curves_of(plain).width
    for ahead in (0.03, 0.06, 0.09):
        assert at(rounded, vowel.start - ahead) < at(unrounded, vowel.start - ahead) - 1.0
    assert at(rounded, vowel.start - 0.30) == pytest.approx(at(unrounded, vowel.start - 0.30))


def test_rounding_narrows_and_protrudes_and_spreading_widens() -> None:
    rounded, spread = phones_of("t:60 u::160 t:60"), phones_of("t:60 i::160 t:60")
    centre = rounded[2].centre
    narrow, wide = curves_of(rounded), curves_of(spread)
    assert -11.0 < at(narrow.width, centre) < -6.0
    assert at(narrow.protrusion, centre) > 3.0
    assert 3.0 < at(wide.width, centre) < 8.0
    assert at(wide.protrusion, centre) < 0.0


def test_open_vowels_open_and_close_vowels_do_not() -> None:
    openings = {}
    for symbol in ("A:", "E", "i:", "u:"):
        phones = phones_of(f"t:60 {symbol}:160 t:60")
        openings[symbol] = at(curves_of(phones).opening, phones[2].centre)
    assert 8.0 <= openings["A:"] <= 14.0
    assert openings["A:"] > openings["E"] + 1.0 > openings["i:"] + 2.0
    assert 2.0 <= openings["u:"] <= 6.0


def test_a_diphthong_moves_from_one_target_to_the_next() -> None:
    phones = phones_of("t:60 aI:240 t:60")
    curves = curves_of(phones)
    early, late = phones[2].start + 0.08, phones[2].end - 0.06
    assert at(curves.opening, early) > at(curves.opening, late) + 2.0
    assert at(curves.width, late) > at(curves.width, early) + 1.0


@pytest.mark.parametrize("edges", ["A:", "u:", "i:", "S", "m", "p", "f"])
@pytest.mark.parametrize("style", STYLES)
def test_lips_rest_in_silence(edges: str, style: str) -> None:
    phones = phones_of(f"{edges}:120 t:60 {edges}:120", start=0.6)
    opening = curves_of(phones, style=style).opening
    time = np.arange(len(opening)) / FPS
    rest = (time < phones[1].start - 0.12) | (time > phones[-1].start + 0.12)
    assert np.abs(opening[rest]).mean() <= 0.1
    assert not articulate(phones, phones[-1].end, FPS, style)[time < 0.3].any()


def test_lips_part_shortly_before_speech() -> None:
    phones = phones_of("A::200 t:60")
    opening = curves_of(phones).opening
    assert at(opening, phones[1].start - 0.04) > 0.8
    assert at(opening, phones[1].start - 0.15) == pytest.approx(0.0, abs=1e-6)


def test_lips_stay_shut_before_a_first_bilabial() -> None:
    phones = phones_of("m:80 A::200")
    opening = curves_of(phones).opening
    assert opening[: round(phones[1].end * FPS) - 1].max() < 0.3


def test_loud_vowels_open_wider_and_consonants_close_regardless() -> None:
    phones = phones_of("t:60 A::160 p:90 A::160")
    frames = frame_count(phones[-1].end, FPS)
    openings = [
        curves_of(phones, loudness=np.full(frames, level)).opening for level in (-12.0, -2.5, 2.0)
    ]
    soft, usual, loud = (at(opening, phones[2].centre) for opening in openings)
    assert soft < usual - 2.0 < loud - 3.0
    assert all(at(opening, phones[3].start + 0.03) <= 0.0 for opening in openings)


def test_stress_opens_vowels_where_it_is_marked() -> None:
    phones = phones_of("t:60 A::160 t:60 A::160 t:60")
    marked = [p._replace(stress=1) if index == 2 else p for index, p in enumerate(phones)]
    opening, plain = curves_of(marked).opening, curves_of(phones).opening
    assert at(opening, phones[2].centre) > at(plain, phones[2].centre)
    assert at(opening, phones[4].centre) < at(plain, phones[4].centre)


def test_styles_differ_as_they_say() -> None:
    phones = phones_of("t:60 A::160 s:70 u::140 t:60 i::150 t:60")
    openness, rounding, spreading = {}, {}, {}
    for style in STYLES:
        curves = curves_of(phones, style=style)
        openness[style] = at(curves.opening, phones[2].centre)
        rounding[style] = -at(curves.width, phones[4].centre)
        spreading[style] = at(curves.width, phones[6].centre)
    assert openness["mumbled"] < openness["neutral"] < openness["articulate"] < openness["wide"]
    assert rounding["mumbled"] < rounding["neutral"] < rounding["articulate"]
    assert spreading["mumbled"] < spreading["neutral"] < spreading["wide"]


def test_an_unknown_style_is_named() -> None:
    with pytest.raises(UserError, match="shouted"):
        articulate([], 1.0, 30.0, "shouted")


def test_every_frame_rate_shows_the_same_motion() -> None:
    phones = phones_of("w:70 V:90 n:60 b:60 u::150 k:70 S:90 E:110 l:60 f:80")
    fine = articulate(phones, phones[-1].end, 120.0)
    for fps, step in ((60.0, 2), (30.0, 4), (24.0, 5)):
        coarse = articulate(phones, phones[-1].end, fps)
        np.testing.assert_allclose(coarse, fine[::step][: len(coarse)], atol=1e-6)
    assert len(articulate(phones, 2.0, 29.97)) == frame_count(2.0, 29.97) == 60


def test_same_phones_give_the_same_weights_within_range() -> None:
    phones = phones_of("p:70 l:50 i::120 z:80 b:60 aU:180 dZ:90 O::150")
    first = articulate(phones, phones[-1].end, FPS, "wide")
    assert np.array_equal(first, articulate(phones, phones[-1].end, FPS, "wide"))
    assert first.dtype == np.float32
    assert first.shape == (frame_count(phones[-1].end, FPS), len(SPEECH_SHAPES))
    assert first.min() >= 0.0
    assert first.max() <= 1.0


def test_no_phones_is_rest() -> None:
    assert not articulate([], 0.5, 30.0).any()
    assert articulate([], 0.0, 30.0).shape == (1, len(SPEECH_SHAPES))


def test_motion_is_smooth_between_closures() -> None:
    phones = phones_of("h:60 aU:200 s:90 I:70 z:70 D:60 @:60 s:90 aI:200 n:70 E:90 k:60")
    opening = curves_of(phones).opening
    bend = np.abs(np.diff(opening, n=2))
    assert bend.max() < 1.0  # mm per frame^2 at 60 fps; a jump of 1 mm would give 1
    assert np.abs(np.diff(opening)).max() < 3.0  # 180 mm/s


def test_a_long_clip_is_its_parts_in_a_row() -> None:
    short = phones_of("p:70 A::150 s:90 u::140 f:50", start=1.0)
    length, fps = short[-1].end, 100.0
    many = [
        phone._replace(start=phone.start + turn * length, end=phone.end + turn * length)
        for turn in range(5)
        for phone in short
    ]
    one, five = articulate(short, length, fps), articulate(many, 5 * length, fps)
    assert five.shape[0] == 5 * one.shape[0]
    np.testing.assert_allclose(five, np.tile(one, (5, 1)), atol=1e-5)
