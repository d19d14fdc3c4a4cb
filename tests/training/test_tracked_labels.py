"""A teacher that is set right by phones: closures missed and made up, and what is left to him."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.articulation.rules import articulate
from model_core.articulation.styles import STYLES
from model_core.base.arrays import Array, Floats
from model_core.base.assets import DEFAULT_CHECKPOINT
from model_core.corpus.store import Utterance, write_store
from model_core.rig.lip_geometry import opening_per_unit
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE
from model_core.speech.phones import PAUSE, Phone
from model_core.training.tracked.data import FPS, Part, Source, Teacher, anchor_sources, hear_all
from model_core.training.tracked.labels import corrected, marks

FRAMES = 90
PHONES = (
    Phone(PAUSE, 0.0, 0.2),
    Phone("A:", 0.2, 0.6),
    Phone("m", 0.6, 0.7),
    Phone("A:", 0.7, 1.1),
    Phone(PAUSE, 1.1, 1.5),
)
CLOSURE = slice(round(0.6 * FPS) + 1, round(0.7 * FPS) - 1)
VOWEL = slice(round(0.4 * FPS), round(0.5 * FPS))
LEVEL = np.zeros(FRAMES)


def opening(motion: Array) -> Floats:
    """Lip opening (..., T) in mm."""
    mm: Floats = motion @ opening_per_unit(load_face_rig().select(SPEECH_SHAPES))
    return mm


@pytest.fixture(scope="module")
def knows() -> tuple[Array, Array]:
    """A teacher who moves as the rules do, in two styles: motion (2, T, K) and gate (2, T)."""
    seconds = FRAMES / FPS
    moved = [articulate(PHONES, seconds, FPS, style, LEVEL) for style in list(STYLES)[:2]]
    motion = np.stack(moved).astype(np.float32)
    return motion, (opening(motion) < CLOSED_MM).astype(np.float32)


def test_a_teacher_who_is_right_is_left_alone(knows: tuple[Array, Array]) -> None:
    motion, gate = corrected(*knows, PHONES, LEVEL, FPS)
    np.testing.assert_allclose(motion, knows[0], atol=1e-6)
    np.testing.assert_allclose(gate, knows[1])


def test_a_closure_that_he_missed_is_made_whole(knows: tuple[Array, Array]) -> None:
    held = slice(round(0.55 * FPS), round(0.75 * FPS))
    motion, gate = (part.copy() for part in knows)
    motion[:, held] = motion[:, VOWEL.start : VOWEL.start + 1]
    gate[:, held] = 0.0
    mended, known = corrected(motion, gate, PHONES, LEVEL, FPS)
    assert (opening(motion)[:, CLOSURE] > 3.0).all()
    assert (opening(mended)[:, CLOSURE] < CLOSED_MM).all()
    assert (known[:, CLOSURE] == 1.0).all()
    np.testing.assert_array_equal(mended[:, VOWEL], motion[:, VOWEL])
    np.testing.assert_array_equal(known[:, VOWEL], gate[:, VOWEL])


def test_a_closure_that_he_made_up_is_opened(knows: tuple[Array, Array]) -> None:
    motion, gate = (part.copy() for part in knows)
    motion[:, VOWEL], gate[:, VOWEL] = 0.0, 1.0
    mended, known = corrected(motion, gate, PHONES, LEVEL, FPS)
    assert (opening(mended)[:, VOWEL] > 2 * CLOSED_MM).all()
    assert not known[:, VOWEL].any()


def test_the_ends_of_a_closure_are_as_he_heard_them(knows: tuple[Array, Array]) -> None:
    """Aligners err by a frame or two; he closes earlier and opens later than the phones say."""
    motion, gate = (part.copy() for part in knows)
    wide = slice(round(0.6 * FPS) - 3, round(0.7 * FPS) + 3)
    motion[:, wide], gate[:, wide] = 0.0, 1.0
    mended, known = corrected(motion, gate, PHONES, LEVEL, FPS)
    np.testing.assert_array_equal(mended, motion)
    np.testing.assert_array_equal(known, gate)


def test_pauses_are_his(knows: tuple[Array, Array]) -> None:
    pause = slice(round(1.3 * FPS), FRAMES)
    motion, gate = (part.copy() for part in knows)
    motion[:, pause], gate[:, pause] = motion[:, VOWEL.start : VOWEL.start + 1], 0.0
    mended, known = corrected(motion, gate, PHONES, LEVEL, FPS)
    np.testing.assert_array_equal(mended[:, pause], motion[:, pause])
    assert not known[:, pause].any()


def test_a_labiodental_is_tucked_as_far_as_the_rules_do(knows: tuple[Array, Array]) -> None:
    said = (Phone("A:", 0.0, 0.6), Phone("f", 0.6, 0.75), Phone("A:", 0.75, 1.5))
    roll, middle = SPEECH_SHAPES.index("mouthRollLower"), round(0.675 * FPS)
    gate = np.zeros_like(knows[1])
    mended, _ = corrected(0.4 * knows[0], gate, said, LEVEL, FPS)
    rules = articulate(said, FRAMES / FPS, FPS, "neutral", LEVEL)
    assert 0.4 * knows[0][0, middle, roll] < 0.05 < rules[middle, roll]
    assert mended[0, middle, roll] == pytest.approx(rules[middle, roll], rel=0.02)
    np.testing.assert_array_equal(mended[:, VOWEL], (0.4 * knows[0])[:, VOWEL])


def test_codas_and_rounding_are_marked() -> None:
    said = [
        Phone(s, 0.1 * i, 0.1 * i + 0.1) for i, s in enumerate(("u:", "m", "i:", "p", "t", "a"))
    ]
    care, rounded = marks(said, 40, FPS)
    middles = [round((0.1 * i + 0.05) * FPS) for i in range(6)]
    assert care[middles].tolist() == [1.0, 1.0, 1.0, 3.0, 1.0, 1.0]  # after a vowel, before none
    assert rounded[middles].tolist() == [1.0, 0.0, -1.0, 0.0, 0.0, 0.0]
    assert rounded[6] == rounded[12] == 0.0  # between two phones
    assert marks([], 40, FPS).care.tolist() == 40 * [1.0]


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound that no teacher can take for an m."""
    path = tmp_path_factory.mktemp("labelled") / "noise.wav"
    samples = 0.1 * np.random.default_rng(0).standard_normal(round(1.5 * SAMPLE_RATE))
    soundfile.write(path, samples, SAMPLE_RATE)
    return path


def test_utterances_strung_together_keep_their_phones(noise: Path, tmp_path: Path) -> None:
    samples = soundfile.read(noise, dtype="float32")[0]
    write_store(tmp_path, [(Utterance("u", "eve", "en", "made", "ama", PHONES), samples)])
    (source,) = anchor_sources(tmp_path, 1.0)
    heard, phones = source.read()
    repeats = len(source.parts)
    assert repeats > 5
    assert len(heard) / SAMPLE_RATE == pytest.approx(repeats * 1.5 + (repeats - 1) * source.gap)
    starts = [phone.start for phone in phones if phone.symbol == "m"]
    assert starts == pytest.approx(0.6 + (1.5 + source.gap) * np.arange(repeats))


def test_known_phones_teach_their_closures_in_every_hearing(noise: Path) -> None:
    source = Source((Part(noise),), (PHONES,))
    ((plain, first, second),) = hear_all(
        [source],
        (1.2, 1.2),
        1,
        teacher=Teacher(DEFAULT_CHECKPOINT),
        cache=noise.parent,
        seed=0,
        workers=1,
        changed=2,
    )
    assert not np.array_equal(first.features, second.features)
    for heard in (plain, first, second):
        middle = round(0.65 / heard.speed * FPS)
        assert heard.gate[0][middle] > 0.9
        assert opening(heard.motion[0].astype(np.float32))[middle] < CLOSED_MM
