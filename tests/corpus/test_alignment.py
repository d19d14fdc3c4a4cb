import shutil

import numpy as np
import pytest

from model_core.corpus.alignment.closures import snap_closures
from model_core.corpus.alignment.pronunciation import words_of
from model_core.corpus.alignment.sphinx import Aligner, is_plausible
from model_core.corpus.recordings import asterisk, russian
from model_core.corpus.store import SAMPLE_RATE
from model_core.speech.phones import BILABIALS, Phone

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    return Aligner()


@needs_flite
def test_alignment_finds_the_phones_of_known_speech(aligner: Aligner) -> None:
    from model_core.corpus.synthesis import flite
    from model_core.corpus.synthesis.voices import Voice

    text = "Pam made Bobby a bamboo map."
    [(samples, truth)] = flite.speak_all([text], Voice("flite", "rms", "en"))
    phones = snap_closures(aligner.align(samples, text), samples)
    expected = [phone.centre for phone in truth if phone.symbol in BILABIALS]
    found = [phone.centre for phone in phones if phone.symbol in BILABIALS]
    assert len(found) == len(expected) == 10
    assert np.abs(np.subtract(found, expected)).max() < 0.04


@needs_flite
def test_other_words_do_not_align(aligner: Aligner) -> None:
    from model_core.corpus.synthesis import flite
    from model_core.corpus.synthesis.voices import Voice

    [(samples, _)] = flite.speak_all(["Yes."], Voice("flite", "slt", "en"))
    text = "People rarely remember the number of umbrellas in the big department store."
    assert aligner.align(samples, text) is None
    assert aligner.align(samples, "") is None


def test_snapping_moves_a_closure_onto_its_silence() -> None:
    times = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    noise = 0.2 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    samples = np.where((times > 0.4) & (times < 0.5), 0.01 * noise, noise).astype(np.float32)
    rough = [Phone("A:", 0.0, 0.415), Phone("b", 0.415, 0.488), Phone("A:", 0.488, 1.0)]
    snapped = snap_closures(rough, samples)
    assert snapped[1].start == pytest.approx(0.4, abs=0.004)
    assert snapped[1].end == pytest.approx(0.5, abs=0.004)
    assert snapped[0].end == snapped[1].start
    steady = [phone._replace() for phone in rough]
    assert snap_closures(steady, noise.astype(np.float32)) == rough


def test_loud_pauses_and_endless_stops_are_implausible() -> None:
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    quiet_end = np.where(np.arange(SAMPLE_RATE) < 8000, noise, 0.001 * noise)
    good = [Phone("m", 0.0, 0.1), Phone("A:", 0.1, 0.5), Phone("_", 0.5, 1.0)]
    assert is_plausible(good, quiet_end)
    assert not is_plausible(good, noise)
    assert not is_plausible([Phone("d", 0.0, 0.4), Phone("A:", 0.4, 0.5)], quiet_end)
    assert not is_plausible([Phone("_", 0.0, 1.0)], quiet_end)


def test_transcripts_split_into_words() -> None:
    assert words_of("Call-forward: press 42, it's Waldo\u2019s!") == [
        *("call", "forward", "press", "4", "2", "it's", "waldo's")
    ]


@pytest.mark.skipif(not asterisk.TRANSCRIPTS.is_file(), reason="Asterisk's prompts are absent")
def test_the_prompts_and_their_held_out_fifth() -> None:
    prompts = asterisk.prompts()
    held_out = [text for text in prompts.values() if asterisk.is_held_out(text)]
    assert len(prompts) > 500
    assert 0.15 < len(held_out) / len(prompts) < 0.25
    assert asterisk.is_held_out("Goodbye.") == asterisk.is_held_out("goodbye")
    assert not any("[" in text for text in prompts.values())


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.skipif(not asterisk.SOUNDS.is_dir(), reason="Asterisk's prompts are absent")
def test_a_prompt_aligns(aligner: Aligner) -> None:
    samples = asterisk.decode(asterisk.SOUNDS / "auth-thankyou.g722")
    phones = aligner.align(samples, "Thank you.")
    assert [phone.symbol for phone in phones if phone.symbol != "_"] == [
        "T",
        "{",
        "N",
        "k",
        "j",
        "u:",
    ]


@pytest.mark.skipif(not russian.VOICE.is_dir(), reason="festvox-ru is not installed")
def test_the_russian_recordings_carry_phones() -> None:
    utterance, samples = next(russian.labelled_recordings())
    assert utterance.language == "ru"
    assert utterance.duration == pytest.approx(len(samples) / SAMPLE_RATE)
    assert is_plausible(list(utterance.phones), samples)


def test_est_labels_are_read() -> None:
    text = "separator ;\n#\n\t0.25 125 pau\n\t0.30 125 mm\n\t0.45 125 aa\n"
    assert russian.parse_labels(text) == [
        Phone("_", 0.0, 0.25),
        Phone("m", 0.25, 0.3),
        Phone("a", 0.3, 0.45),
    ]
