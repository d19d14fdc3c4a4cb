"""Real synthesis by whatever speech tools are installed; the others are skipped."""

import shutil
from ctypes.util import find_library
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.corpus.alignment.sphinx import level_db
from model_core.corpus.store import SAMPLE_RATE
from model_core.corpus.synthesis import espeak, festival, flite
from model_core.corpus.synthesis.voices import Voice
from model_core.speech.phones import PAUSE, SYMBOLS, VOWELS

TEXT = "Bob may buy a pepper pot, and Pam taped two maps."
FESTIVAL_VOICES = Path("/usr/share/festival/voices")


def _festival_has(name: str) -> bool:
    return any(FESTIVAL_VOICES.glob(f"*/{name}"))


CASES = [
    pytest.param(
        flite,
        Voice("flite", name, "en"),
        TEXT,
        id=f"flite-{name}",
        marks=pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed"),
    )
    for name in ("slt", "rms", "awb", "kal16")
]
CASES += [
    pytest.param(
        espeak,
        Voice("espeak", name, language),
        text,
        id=f"espeak-{name}",
        marks=pytest.mark.skipif(
            find_library("espeak-ng") is None, reason="libespeak-ng is not installed"
        ),
    )
    for name, language, text in (
        ("en-us+f2", "en-us", TEXT),
        ("de+m3", "de", "Papa backt morgen bald ein Brot."),
        ("fr", "fr", "Papa porte un beau pantalon blanc."),
        ("pl+f2", "pl", "Mama kupuje w sklepie pomidory."),
    )
]
CASES += [
    pytest.param(
        festival,
        Voice("festival", name, language),
        text,
        id=f"festival-{name}",
        marks=pytest.mark.skipif(
            shutil.which("festival") is None or not _festival_has(name),
            reason=f"festival's {name} is not installed",
        ),
    )
    for name, language, text in (
        ("kal_diphone", "en", TEXT),
        ("cmu_us_slt_arctic_hts", "en", TEXT),
        ("lp_diphone", "it", "Il papa mangia una buona pasta."),
        ("czech_dita", "cs", "Petr Pavel a Bára mají malý byt."),
        ("suo_fi_lj_diphone", "fi", "Pappi maistaa mämmiä ja pullaa."),
        ("upc_ca_ona_hts", "ca", "El pare compra pomes i pa."),
    )
]


@pytest.mark.parametrize(("tool", "voice", "text"), CASES)
def test_phones_lie_on_the_sound(tool: ModuleType, voice: Voice, text: str) -> None:
    [(samples, phones)] = tool.speak_all([text], voice)
    assert {phone.symbol for phone in phones} <= SYMBOLS
    assert all(a.end == pytest.approx(b.start) for a, b in pairwise(phones))
    assert phones[-1].end == pytest.approx(len(samples) / SAMPLE_RATE, abs=0.13)
    bilabials = [level_db(samples, p) for p in phones if p.symbol in ("p", "b")]
    vowels = [level_db(samples, p) for p in phones if p.symbol in VOWELS]
    assert len(bilabials) >= text.lower().count("p") // 2
    assert np.median(vowels) - np.median(bilabials) > 5.0
    if phones[0].symbol == PAUSE:
        assert level_db(samples, phones[0]) < np.median(vowels) - 25.0


@pytest.mark.parametrize(("tool", "voice", "text"), [CASES[0], CASES[4], CASES[8]])
def test_rate_changes_the_length(tool: ModuleType, voice: Voice, text: str) -> None:
    fast, slow = (Voice(voice.source, voice.name, voice.language, rate) for rate in (1.2, 0.85))
    [(quick, _)] = tool.speak_all([text], fast)
    [(drawn, _)] = tool.speak_all([text], slow)
    assert len(drawn) > 1.15 * len(quick)


@pytest.mark.skipif(find_library("espeak-ng") is None, reason="libespeak-ng is not installed")
def test_espeak_stops_begin_at_their_closure_not_their_burst() -> None:
    [(samples, phones)] = espeak.speak_all(["A pepper pot."], Voice("espeak", "en-us", "en-us"))
    stops = [phone for phone in phones if phone.symbol == "p"]
    assert len(stops) == 3
    for stop in stops:
        first = round(stop.start * SAMPLE_RATE) + 80
        assert np.abs(samples[first : first + SAMPLE_RATE // 100]).max() < 1e-2
        assert stop.duration > 0.05


@pytest.mark.skipif(find_library("espeak-ng") is None, reason="libespeak-ng is not installed")
def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(UserError, match="klingon-opera"):
        list(espeak.speak_all(["Hello."], Voice("espeak", "klingon-opera", "en")))


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_flite_pronounces_words_no_dictionary_has() -> None:
    assert flite.pronounce("bobmob") == ["b", "aa", "b", "m", "aa", "b"]
