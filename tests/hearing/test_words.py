"""Words are placed where they are said, without a dictionary, and wrong words are told."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from model_core.base.assets import DEMO_SPEECH
from model_core.base.errors import UserError
from model_core.hearing.hearing import hear_with_shipped
from model_core.hearing.letters import SPEECH, units_of
from model_core.hearing.listener import load_listener
from model_core.hearing.said import Hearing, Script
from model_core.hearing.subtitles import Cue
from model_core.speech.audio import load_audio
from model_core.speech.phone_classes import SILENCE, halves

TEXT = (
    "Had he married a more amiable woman, he might have been made still more respectable than he "
    "was."
)
# Found by PocketSphinx's aligner; see docs/make_pictures.py.
STARTS = np.array(
    [0.22, 0.44, 0.54, 0.98, 1.03, 1.41, 2.01, 2.49, 2.71, 3.0, 3.19, 3.36, 3.69, 4.07, 4.25]
)
BILABIALS = (0.58, 1.66, 1.86, 2.09, 3.38)  # seconds near which p, b, m or w are said


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return load_audio(DEMO_SPEECH)


@pytest.fixture(scope="module")
def hearing(speech: np.ndarray) -> Hearing:
    return hear_with_shipped(speech, Script(TEXT), 0.0)


def test_words_are_where_another_aligner_finds_them(hearing: Hearing) -> None:
    assert [word.text for word in hearing.words] == TEXT.split()
    found = np.array([word.start for word in hearing.words])
    errors = np.abs(found[: len(STARTS)] - STARTS)
    assert np.median(errors) < 0.04
    assert errors.max() < 0.25
    assert not hearing.notes


def test_phones_are_heard_whose_lips_meet(hearing: Hearing) -> None:
    closing = [phone for phone in hearing.phones if phone.symbol in {"p", "b", "m", "w", "f", "v"}]
    for second in BILABIALS:
        assert min(abs(phone.centre - second) for phone in closing) < 0.12, second
    assert all(one.end <= other.start + 1e-6 for one, other in pairwise(hearing.phones))
    assert all(phone.symbol != "_" for phone in hearing.phones)


def test_words_of_another_line_are_told(speech: np.ndarray) -> None:
    other = "Six thick thistle sticks, four floppy fish fingers: fetch five of these vases first"
    notes = hear_with_shipped(speech, Script(other), 0.0).notes
    assert notes == ("The words hardly fit what is heard; look whether they are another line's.",)
    crowd = hear_with_shipped(speech[:8000], Script(" ".join([TEXT] * 6)), 0.0)
    assert crowd.notes[0].startswith("There are more words than the sound has time for")
    assert len(crowd.words) == 6 * len(TEXT.split())


def test_subtitles_bound_their_words_and_times_are_the_files(speech: np.ndarray) -> None:
    cues = (Cue(2.4, 5.0, "he might have been made still more respectable"), Cue(90, 95, "later"))
    part = hear_with_shipped(speech[16000:], Script(cues=cues), 1.0)
    assert [word.text for word in part.words] == cues[0].text.split()
    assert part.words[1].start == pytest.approx(2.71, abs=0.08)  # might
    assert part.phones[0].start >= 1.0
    assert Hearing.from_json(part.to_json()).words[1].text == "might"


@pytest.mark.parametrize(
    ("word", "symbols"),
    [
        ("Map!", ["m", "a", "p"]),
        ("shop", ["S", "O", "p"]),
        ("thought", ["T", "O", "t"]),
        ("Bär", ["b", "E", "r"]),
        ("мама", ["m", "a", "m", "a"]),
        ("phone", ["f", "@", "n"]),
    ],
)
def test_letters_stand_for_what_may_be_heard(word: str, symbols: list[str]) -> None:
    units = units_of(word)
    at = 0
    for symbol in symbols:
        while halves(symbol)[0] not in units[at]:
            at += 1
            assert at < len(units), (word, symbol)
        at += 1
    assert all(SILENCE not in unit for unit in units[:-1])


@pytest.mark.parametrize("word", ["...", "\u5929\u6c17", "12", "\u2019"])
def test_what_is_not_spelled_here_may_be_any_sound(word: str) -> None:
    assert set(units_of(word)) <= {SPEECH}
    assert units_of(word)


def test_silence_has_no_phones() -> None:
    heard = hear_with_shipped(np.zeros(16000, np.float32), Script(), 0.0)
    assert (heard.words, heard.phones) == ([], [])


def test_a_damaged_listener_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "listener.npz").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(UserError, match="holds no listener"):
        load_listener(tmp_path / "listener.npz")
