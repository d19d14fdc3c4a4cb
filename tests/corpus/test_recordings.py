import gzip
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.base.errors import UserError
from model_core.corpus.recordings import prompts, stamps, warzone, word_games
from model_core.corpus.recordings.recording import Recording, distinct, keeps_pace

Listing = Callable[..., Iterator[Recording]]
SOURCES = (
    pytest.param(
        prompts.recordings,
        prompts.SOUNDS / "es_MX_f_Allison",
        1900,
        4,
        {"es", "fr", "it", "ru"},
        id="prompts",
    ),
    pytest.param(warzone.recordings, warzone.ARCHIVE, 240, 7, {"en"}, id="warzone"),
    pytest.param(
        word_games.recordings, word_games.SHARE / "qabcs", 500, 7, {"en", "es"}, id="word-games"
    ),
    pytest.param(
        stamps.recordings, stamps.STAMPS, 5000, 25, {"en", "fr", "ru", "el", "be"}, id="stamps"
    ),
)


def _write_sound(path: Path, seconds: float, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16000))
    soundfile.write(path, noise, 16000, format="WAV")
    return path


def test_names_of_a_stamp_by_language() -> None:
    text = "A frog. \nbe.utf8=Жаба.\nca@valencia.utf8=Una granota.\npt_BR.utf8=Um sapo.\nnote\n"
    names = {"en": "A frog.", "be": "Жаба.", "ca@valencia": "Una granota.", "pt_BR": "Um sapo."}
    assert stamps.parse_names(text) == names


def test_spoken_names_of_stamps_are_listed_once(tmp_path: Path) -> None:
    names = "A frog.\nfr.utf8=Une grenouille.\nru.utf8=Лягушка UB2006.\nml.utf8=തവള.\n"
    for folder, stamp in (("animals", "frog"), ("animals", "frog-1")):
        for suffix in ("desc", "desc_fr", "desc_ru", "desc_ml"):
            seed = len(suffix) + (suffix == "desc_ru")
            _write_sound(tmp_path / folder / f"{stamp}_{suffix}.ogg", 1.0, seed)
        (tmp_path / folder / f"{stamp}.txt").write_text(names, encoding="utf-8")
    _write_sound(tmp_path / "animals" / "frog.ogg", 1.0, 99)
    _write_sound(tmp_path / "symbols" / "math" / "3_nb.ogg", 0.6, 98)
    (tmp_path / "symbols" / "math" / "3.txt").write_text("Three.\nnb.utf8=Tre.\n")
    found = [(r.speaker, r.language, r.text) for r in stamps.recordings(tmp_path)]
    assert sorted(found) == [
        ("tuxpaint-en", "en", "A frog."),
        ("tuxpaint-fr-animals", "fr", "Une grenouille."),
        ("tuxpaint-numbers-nb", "nb", "Tre."),
    ]


def test_prompts_are_listed_with_their_transcripts(tmp_path: Path) -> None:
    lines = {
        "es": "; list\nvm-goodbye: Adios.\ndigits/1: uno\nbeep: [tono]\nspy-sip: SIP\nnone: No.\n",
        "fr": "vm-goodbye: Au revoir.\n",
        "it": "vm-goodbye: Arrivederci.\n",
        "ru": "vm-goodbye: До свидания.\nletters/at: at собака\n",
    }
    for language, listing in lines.items():
        package = f"asterisk-core-sounds-{language}"
        (tmp_path / package).mkdir()
        packed = gzip.compress(listing.encode())
        (tmp_path / package / f"core-sounds-{language}.txt.gz").write_bytes(packed)
    for folder in ("es_MX_f_Allison", "fr_CA_f_June", "it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU"):
        for name in ("vm-goodbye", "digits/1", "beep", "spy-sip", "letters/at"):
            path = tmp_path / folder / f"{name}.g722"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{folder}{name}".encode().ljust(8000))
    found = [(r.name, r.text) for r in prompts.recordings(tmp_path, tmp_path)]
    assert found == [
        ("asterisk-allison-es-vm-goodbye", "Adios."),
        ("asterisk-allison-es-digits-1", "uno"),
        ("asterisk-june-fr-vm-goodbye", "Au revoir."),
        ("asterisk-carlo-it-vm-goodbye", "Arrivederci."),
        ("asterisk-ivrvoiceru-ru-vm-goodbye", "До свидания."),
    ]


def test_messages_are_read_from_the_games_archive(tmp_path: Path) -> None:
    configuration = (
        'audio\t"beep1.ogg"\t\toneshot  30 1800\t/*Close Window*/\n'
        ' \taudio\t"v-onway2.ogg"   oneshot\t100 1800  /*On our way*/\n'
        'audio\t"pcv656.ogg"\toneshot 100 1800 /*Missile Silo */\n'
        'audio\t"pcv397.ogg"\toneshot 100 1800 /*LZ 1*/\naudio\t"9.ogg" \toneshot\t100 1800\n'
    )
    tutorial = (
        '{"audio": "tut2.ogg", "clear": false, "message": _("Oil is key to success"), "s": 0},\n'
        '{"audio": "tut35.ogg", "clear": false, "message": undefined, "state": 18, "wait": 2},\n'
    )
    archive = tmp_path / "base.wz"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("audio/audio.cfg", configuration)
        packed.writestr("script/tutorial.js", tutorial)
        names = (
            "sfx/beep1",
            "vtoltalk/v-onway2",
            "extra/pcv656",
            "status/pcv397",
            "tut/tut2",
            "tut/tut35",
        )
        for seed, name in enumerate(names):
            sound = _write_sound(tmp_path / f"{seed}.wav", 1.5, seed)
            packed.write(sound, f"audio/{name}.ogg")
    found = {(r.name, r.speaker, r.text) for r in warzone.recordings(archive)}
    assert found == {
        ("warzone-vtoltalk-v-onway2", "warzone-pilot-2", "on our way"),
        ("warzone-extra-pcv656", "warzone-console", "missile silo"),
        ("warzone-tut-tut2", "warzone-instructor", "oil is key to success"),
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("apple", "apple"),
        ("ice_cream", "ice cream"),
        ("moon_fallingstar", "falling star"),
        ("pizzeria_broccolli", "broccoli"),
        ("B", "B"),
    ],
)
def test_words_are_what_their_sounds_are_called(name: str, words: str) -> None:
    assert word_games.said(name) == words


def test_a_sound_with_two_transcripts_is_dropped(tmp_path: Path) -> None:
    same = _write_sound(tmp_path / "a.wav", 1.0)
    other = _write_sound(tmp_path / "b.wav", 1.0, seed=1)
    first = Recording("a", "speaker", "en", "test", "A frog.", same)
    again = replace(first, name="again", text="a frog.")
    wrong = replace(first, name="wrong", text="A toad.")
    unlike = replace(first, name="unlike", text="A toad.", path=other)
    assert list(distinct([first, again, unlike])) == [first, unlike]
    assert list(distinct([first, wrong, unlike])) == [unlike]


@pytest.mark.parametrize(
    ("text", "seconds", "fits"),
    [
        ("Yes!", 0.4, True),
        ("Yes!", 4.0, False),
        ("...", 0.4, False),
        ("A sentence of some length.", 2.0, True),
        ("A sentence of some length.", 0.5, False),
    ],
)
def test_the_length_of_a_sound_tells_a_wrong_transcript(
    text: str, seconds: float, fits: bool
) -> None:
    assert keeps_pace(text, seconds) is fits


@pytest.mark.parametrize("listing", [source.values[0] for source in SOURCES])
def test_an_absent_package_is_a_users_error(listing: Listing, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="corpus install"):
        list(listing(tmp_path / "absent"))


@pytest.mark.parametrize(("listing", "folder", "count", "speakers", "languages"), SOURCES)
def test_installed_recordings_are_many_and_named_once(
    listing: Listing, folder: Path, count: int, speakers: int, languages: set[str]
) -> None:
    if not folder.exists():
        pytest.skip(f"the package with {folder.name} is not installed")
    found = list(listing())
    assert len(found) > count
    assert len({recording.name for recording in found}) == len(found)
    assert len({recording.speaker for recording in found}) >= speakers
    assert languages <= {recording.language for recording in found}
    assert all(recording.path.is_file() and len(recording.language) == 2 for recording in found)
