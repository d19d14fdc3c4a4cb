"""The stochastic teacher: other manners of one line, with closures and pauses where they are."""

import numpy as np

from model_core.articulation.manner import draw_manner, speak, speak_and_tell
from model_core.articulation.rules import articulate
from model_core.articulation.styles import STYLES
from model_core.base.arrays import Array, Floats
from model_core.performance.manners import MANNERS
from model_core.rig.lip_geometry import opening_per_unit
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.phones import Phone

FPS = 60.0
SYMBOLS = ("_", "_", "_", "m", "a", "p", "i", "f", "o", "m", "u", "_", "_")
PHONES = tuple(Phone(symbol, 0.12 * n, 0.12 * (n + 1)) for n, symbol in enumerate(SYMBOLS))
SECONDS = PHONES[-1].end


def said(seed: int) -> Array:
    manner = draw_manner(STYLES["neutral"], np.random.default_rng(seed))
    return speak(PHONES, SECONDS, FPS, manner, None)


def opening(weights: Array) -> Floats:
    return weights @ opening_per_unit(load_face_rig().select(SPEECH_SHAPES))


def test_a_seed_is_one_manner_and_another_is_another() -> None:
    assert said(1).tobytes() == said(1).tobytes()
    assert abs(opening(said(1)) - opening(said(2))).max() > 0.5
    assert said(1).min() >= 0.0 and said(1).max() <= 1.0


def test_lips_meet_in_every_manner_and_rest_in_pauses() -> None:
    at = np.arange(len(said(0))) / FPS
    for seed in range(4):
        parted = opening(said(seed))
        for phone in PHONES:
            inside = (at >= phone.start) & (at <= phone.end)
            if phone.symbol in "mp":
                assert parted[inside].min() < CLOSED_MM, (seed, phone)
            elif phone.symbol in "aiou":
                assert parted[inside].max() > CLOSED_MM, (seed, phone)
        assert abs(parted[at < 0.2]).max() < CLOSED_MM


def test_a_mouth_that_does_more_on_one_side_opens_no_further() -> None:
    made = said(3)
    left, right = (SPEECH_SHAPES.index(f"mouthLowerDown{side}") for side in ("Left", "Right"))
    assert abs(made[:, left] - made[:, right]).max() > 0.001
    even = made.copy()
    for name in SPEECH_SHAPES:
        if name.endswith("Left"):
            pair = [SPEECH_SHAPES.index(name), SPEECH_SHAPES.index(f"{name[:-4]}Right")]
            even[:, pair] = made[:, pair].mean(axis=1, keepdims=True)
    np.testing.assert_allclose(opening(made), opening(even), atol=0.05)


def test_a_manner_is_told_as_it_is_spoken() -> None:
    style = STYLES["neutral"]
    plain = articulate(PHONES, SECONDS, FPS, style)
    for seed in range(3):
        spoken, told = speak_and_tell(
            PHONES, SECONDS, FPS, style, np.random.default_rng(seed), None
        )
        assert told.shape == (len(plain), len(MANNERS))
        asymmetry, smile = (told[:, MANNERS.index(name)] for name in ("asymmetry", "smile"))
        assert abs(told[:, MANNERS.index("jaw")]).max() > 0.05
        left, right = (SPEECH_SHAPES.index(f"mouthSmile{side}") for side in ("Left", "Right"))
        assert (spoken[:, left] > plain[:, left]).any() == (smile[0] > 0)
        leaning = np.sign((spoken[:, left] - spoken[:, right]).sum())
        assert leaning == np.sign(asymmetry[0])
