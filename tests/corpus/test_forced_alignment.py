import shutil
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from model_core.corpus.alignment.aligner_training import MINUTES, draw_share
from model_core.corpus.alignment.forced_alignment import align, state_symbols
from model_core.corpus.alignment.phone_classifier import (
    FPS,
    ClassifierTraining,
    LabelledFrames,
    PhoneClassifier,
    train_classifier,
)
from model_core.corpus.recordings.recording import Recording
from model_core.corpus.recordings.transcribed import draw_recordings, pronunciations
from model_core.corpus.store import SAMPLE_RATE, Samples, Utterance
from model_core.corpus.synthesis import espeak, flite
from model_core.corpus.synthesis.voices import Voice
from model_core.encoding.features import speech_features
from model_core.encoding.registry import bundled_encoder
from model_core.speech.best_path import best_path
from model_core.speech.phone_classes import (
    CLASSES,
    SILENCE,
    UNHEARD,
    UNKNOWN,
    frame_classes,
    halves,
)
from model_core.speech.phones import BILABIALS, PAUSE, SYMBOLS, Phone

TEXT = "Pam made Bobby a bamboo map."
LESSONS = (
    "Bob put a big map by the lamp.",
    "Mama made a pie, maybe apple.",
    "A boy may beat the bamboo drum at a pub.",
    "Mad Pam had a bad habit.",
    "The baby boy moved a box of pipes.",
    "Maybe Abby bought a ham, a lamb and a pumpkin.",
)


def test_every_symbol_has_a_class_and_the_lips_ones_their_own() -> None:
    for symbol in SYMBOLS - UNHEARD:
        assert all(0 <= index < len(CLASSES) for index in halves(symbol))
    visible = [halves(symbol)[0] for symbol in ("p", "b", "m", "f", "v", "w", PAUSE)]
    assert len(set(visible)) == len(visible)
    assert halves("tS") == (halves("t")[0], halves("S")[1])


def test_frames_take_the_class_of_the_phone_they_stand_in() -> None:
    phones = [Phone(PAUSE, 0.0, 0.2), Phone("aI", 0.2, 0.4), Phone("?", 0.4, 0.5)]
    a, i = halves("aI")
    expected = [SILENCE, SILENCE, a, i, UNKNOWN, UNKNOWN]
    assert frame_classes(phones, 6, 10.0).tolist() == expected


def _all_paths(frames: int, pauses: list[bool]) -> list[tuple[int, ...]]:
    """Every allowed path, by trying every sequence of states."""
    count = 2 * len(pauses)

    def follows(before: int, after: int) -> bool:
        skipped = after - before == 3 and after % 2 == 0 and pauses[after // 2 - 1]
        return after - before in (0, 1) or skipped

    starts = {0, 2} if pauses[0] else {0}
    ends = {count - 1, count - 3} if pauses[-1] else {count - 1}
    return [
        path
        for path in product(range(count), repeat=frames)
        if path[0] in starts and path[-1] in ends and all(follows(a, b) for a, b in pairwise(path))
    ]


@pytest.mark.parametrize(
    "pauses", [[True, False, True], [True, False, False], [False, True, False]]
)
def test_the_best_path_is_the_best_of_all_paths(pauses: list[bool]) -> None:
    rng = np.random.default_rng(len(pauses) + pauses[0])
    paths = _all_paths(6, pauses)
    assert len(paths) > 10
    for _ in range(10):
        likelihoods = rng.standard_normal((6, 2 * len(pauses)))
        found = best_path(likelihoods, np.array(pauses))
        assert found is not None
        scores = {path: likelihoods[np.arange(6), list(path)].sum() for path in paths}
        assert tuple(found.tolist()) == max(scores, key=scores.__getitem__)


def test_too_few_frames_have_no_path() -> None:
    assert best_path(np.zeros((3, 4)), np.array([False, False])) is None
    assert best_path(np.zeros((4, 4)), np.array([False, False])) is not None


def test_pauses_may_stand_around_words_and_doubled_phones_are_one() -> None:
    words = [("m", "a", "m", "m", "a"), ("?",), ("?", "o")]
    assert state_symbols(words) == ["_", "m", "a", "m", "a", "_", "o", "_"]


def test_speakers_give_no_more_than_their_minutes() -> None:
    phones = (Phone("a", 0.0, 25.0),)
    spoken = [Utterance(f"{n}", "anna", "de", "espeak", "", phones) for n in range(9)]
    others = [Utterance("x", "ben", "de", "festvox-ru", "", phones)]
    unnamed = [Utterance("y", "eve", "de", "elsewhere", "", phones)]
    drawn = list(draw_share([*spoken, *others, *unnamed], seed=3))
    assert [u.speaker for u in drawn] == ["anna"] * 3 + ["ben"]
    assert drawn == list(draw_share([*spoken, *others, *unnamed], seed=3))
    assert 60.0 * MINUTES["espeak"] <= sum(u.duration for u in drawn[:3])


def _recordings(speaker: str, language: str, *texts: str) -> list[Recording]:
    return [
        Recording(f"{speaker}-{n}", speaker, language, "game", text, Path())
        for n, text in enumerate(texts)
    ]


def test_few_recordings_of_many_speakers_are_learnt() -> None:
    listed = [*_recordings("eva", "cs", *"abcdef"), *_recordings("jan", "nl", "g")]
    drawn = list(draw_recordings(listed, 3, seed=1))
    assert [recording.speaker for recording in drawn] == ["eva"] * 3 + ["jan"]
    assert len(set(drawn)) == 4
    assert drawn == list(draw_recordings(listed, 3, seed=1))


needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite")


@needs_espeak
def test_texts_are_pronounced_word_by_word() -> None:
    texts = ["Ein Auto, ja!", "Der Mond"]
    first, second = espeak.pronounce_all(texts, "de")
    assert ["".join(word) for word in first] == ["aIn", "aUto", "jA:"]
    assert second[-1] == ("m", "O", "n", "t")
    [czech] = espeak.pronounce_all(["M\u00e1ma m\u00e1 m\u00edsu"], "cs")
    assert ["".join(word) for word in czech] == ["mama", "ma", "mi:su"]


@needs_espeak
def test_recordings_are_pronounced_in_their_own_languages() -> None:
    listed = [*_recordings("eva", "cs", "ahoj"), *_recordings("tom", "en", "Hi.", "Bob")]
    words = pronunciations(listed)
    assert words["tom-1"] == [("b", "A:", "b")]
    assert words["eva-0"] == [("a", "h", "o", "j")]
    assert list(words["tom-0"][0]) == ["h", "aI"]


@pytest.fixture(scope="module")
def classifier() -> PhoneClassifier:
    """A classifier that has heard a dozen sentences."""
    parts = []
    for name in ("rms", "slt"):
        for samples, phones in flite.speak_all(LESSONS, Voice("flite", name, "en")):
            features = _features(samples)
            parts.append(LabelledFrames(features, frame_classes(phones, len(features), FPS)))
    training = ClassifierTraining(steps=100, crops=8, frames=64)
    return train_classifier(LabelledFrames.join(parts), training, seed=0)


def _features(samples: Samples) -> np.ndarray:
    return speech_features(samples, bundled_encoder(), FPS).astype(np.float16)


@needs_flite
@needs_espeak
def test_speech_aligns_with_its_text_and_not_with_another(classifier: PhoneClassifier) -> None:
    [(samples, truth)] = flite.speak_all([TEXT], Voice("flite", "rms", "en"))
    right, wrong = espeak.pronounce_all([TEXT, "Several students were late."], "en-us")
    duration = len(samples) / SAMPLE_RATE
    found = align(classifier, _features(samples), right, duration)
    other = align(classifier, _features(samples), wrong, duration)
    assert found is not None and other is not None
    assert found.phones[0].start == 0.0 and found.phones[-1].end == pytest.approx(duration)
    expected = [p.centre for p in truth if p.symbol in BILABIALS]
    centres = [p.centre for p in found.phones if p.symbol in BILABIALS]
    assert len(centres) == len(expected)
    assert np.median(np.abs(np.subtract(centres, expected))) < 0.02
    assert found.score > other.score + 1.0
    assert found.worst > other.worst
    assert align(classifier, _features(samples)[:30], right, 0.5) is None
