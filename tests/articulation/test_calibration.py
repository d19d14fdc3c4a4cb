"""Rules fitted to lips that move by another table, seen by a camera of another scale and clock."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.__main__ import main
from model_core.articulation.calibration import (
    MOST_MM,
    Calibration,
    SeenSpeech,
    agreement,
    calibrate,
    opened,
)
from model_core.articulation.rules import articulate, jaw_shares
from model_core.articulation.targets import TARGETS
from model_core.base.statistics import pearson
from model_core.corpus.synthesis.flite import speak_all
from model_core.corpus.synthesis.voices import Voice
from model_core.rig.lip_geometry import opening_per_unit
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.phones import BILABIALS, PAUSE, Phone

FPS, SECONDS, LATE = 25.0, 4.0, 0.04
SAID = ("k", "A:", "s", "i:", "b", "u:", "t", "E", "n")
MOVED = {"k": TARGETS["k"].jaw + 2.0, "u:": TARGETS["u:"].jaw - 1.5}
REAL = {s: t._replace(jaw=MOVED.get(s, t.jaw)) for s, t in TARGETS.items()}
PER_UNIT = opening_per_unit(load_face_rig().select(SPEECH_SHAPES))


def speech(speaker: str, seed: int) -> SeenSpeech:
    """Phones in some order, and the lips of somebody who moves by the table `REAL`."""
    rng = np.random.default_rng(seed)
    phones, time = [Phone(PAUSE, 0.0, 0.3)], 0.3
    while time < SECONDS - 0.5:
        length = float(rng.uniform(0.07, 0.16))
        phones.append(Phone(str(rng.choice(SAID)), time, time + length))
        time += length
    frames = round(SECONDS * FPS)
    fine = 100.0
    level = np.full(round(SECONDS * fine), -2.5)
    moved = articulate(phones, SECONDS, fine, loudness=level, targets=REAL) @ PER_UNIT
    times = np.arange(frames) / FPS
    seen = np.interp(times - LATE, np.arange(len(moved)) / fine, moved)
    scale = {"ann": 2.0, "bob": 0.7}[speaker]
    noise = 0.1 * rng.standard_normal(frames)
    opening = scale * (seen + noise) + 11.0
    opening[40:43] = np.nan  # the tracker lost the face
    return SeenSpeech(speaker, tuple(phones), np.full(frames, -2.5), opening, FPS)


@pytest.fixture(scope="module")
def material() -> list[SeenSpeech]:
    return [speech(speaker, seed) for seed, speaker in enumerate(["ann"] * 12 + ["bob"] * 12)]


@pytest.fixture(scope="module")
def fitted(material: list[SeenSpeech]) -> Calibration:
    return calibrate(material)


def test_figures_move_to_what_was_seen(fitted: Calibration) -> None:
    for symbol, real in MOVED.items():
        figure = fitted.figures[symbol]
        assert figure.target == TARGETS[symbol].jaw
        assert abs(figure.fitted - real) < 0.5 * abs(figure.target - real)
        assert abs(figure.after - figure.seen) < abs(figure.rules - figure.seen)
    for symbol in ("E", "s", "n"):
        assert abs(fitted.figures[symbol].fitted - TARGETS[symbol].jaw) < 0.8


def test_rules_so_fitted_agree_with_speech_that_was_kept_aside(
    material: list[SeenSpeech], fitted: Calibration
) -> None:
    assert fitted.after > fitted.before + 0.02
    aside = [speech("ann", seed) for seed in range(100, 104)]
    assert agreement(aside, fitted.targets) > agreement(aside, TARGETS) + 0.02


def test_phones_that_nobody_said_stay_and_none_runs_away(fitted: Calibration) -> None:
    for symbol in ("O:", "f", "w", PAUSE):
        assert fitted.targets[symbol] == TARGETS[symbol]
    for symbol, target in fitted.targets.items():
        assert abs(target.jaw - TARGETS[symbol].jaw) <= MOST_MM
        assert target._replace(jaw=0.0) == TARGETS[symbol]._replace(jaw=0.0)


def test_what_must_close_still_closes(material: list[SeenSpeech], fitted: Calibration) -> None:
    for one in material[:6]:
        opening = opened(one, fitted.targets)
        for phone in one.phones:
            if phone.symbol in BILABIALS:
                held = opening[round(phone.start * FPS) : round(phone.end * FPS) + 1]
                assert held.min() < CLOSED_MM


def test_shares_times_targets_are_the_openings_of_free_lips(material: list[SeenSpeech]) -> None:
    one = material[0]
    symbols = tuple(TARGETS)
    shares = jaw_shares(one.phones, symbols, one.seconds, FPS, one.level)
    linear = shares @ np.array([TARGETS[symbol].jaw for symbol in symbols])
    opening = opened(one, TARGETS)
    free = (opening > 3.0) & (shares.sum(axis=1) > 0.9)
    assert free.sum() > 20
    assert pearson(linear[free], opening[free]) > 0.95  # lips lifted off the teeth add to it


def test_the_command_aligns_fits_and_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pocketsphinx")
    text = "We keep the blue cat in the garden at night"
    try:
        samples, phones = next(iter(speak_all([text], Voice("flite", "slt", "en"))))
    except Exception as error:  # no flite on this machine
        pytest.skip(str(error))
    seconds = len(samples) / 16000
    lips = opened(
        SeenSpeech(
            "a", phones, np.full(round(seconds * FPS), -2.5), np.zeros(round(seconds * FPS)), FPS
        ),
        REAL,
    )
    for speaker in ("ann", "bob"):
        audio = tmp_path / speaker / "audio"
        audio.mkdir(parents=True)
        soundfile.write(audio / "a.flac", samples, 16000)
        names = np.array(["inner_open/mm"])
        np.savez(
            audio.parent / "tracks.npz",
            fps=FPS,
            clip=np.array(["a"]),
            lips=lips[None, :, None],
            lips_names=names,
        )
    assert main(["calibrate-rules", str(tmp_path)]) == 2
    assert "words.json must tell what is said" in capsys.readouterr().err
    for speaker in ("ann", "bob"):
        (tmp_path / speaker / "words.json").write_text(f'{{"a": {{"text": "{text}"}}}}')
    assert main(["calibrate-rules", str(tmp_path), "--json", str(tmp_path / "out.json")]) == 0
    told = capsys.readouterr().out
    assert "ann kept aside" in told
    assert (tmp_path / "out.json").is_file()
    (tmp_path / "bob" / "words.json").write_text('{"a": 3}')
    assert main(["calibrate-rules", str(tmp_path)]) == 2
    assert "mend it or delete it" in capsys.readouterr().err
