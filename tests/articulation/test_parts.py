"""The parts of the articulation model, each on its own."""

import json
from pathlib import Path

import numpy as np
import pytest

from model_core.articulation.dominance import Segments, blend
from model_core.articulation.holds import hold_envelope
from model_core.articulation.targets import DIPHTHONGS, TARGETS, VOICELESS
from model_core.articulation.timeline import fill_pauses
from model_core.base.errors import UserError
from model_core.speech.loudness import FLOOR_DB, loudness_envelope
from model_core.speech.phone_file import read_phones
from model_core.speech.phones import PAUSE, SYMBOLS, VOWELS, Phone


def segments_of(targets: list[float], strengths: list[float], length: float = 0.1) -> Segments:
    """Segments of equal length with one gesture that reaches 50 ms to either side."""
    edges = np.arange(len(targets) + 1) * length
    column = np.full((len(targets), 1), 0.05)
    return Segments(edges[:-1], edges[1:], np.c_[targets], np.c_[strengths], column, column)


def test_every_symbol_has_a_target() -> None:
    assert set(TARGETS) | set(DIPHTHONGS) == SYMBOLS
    assert not set(TARGETS) & set(DIPHTHONGS)
    assert TARGETS[PAUSE].jaw == TARGETS[PAUSE].aperture == 0.0
    assert not VOICELESS & VOWELS
    assert VOICELESS < SYMBOLS


def test_a_blend_of_equal_targets_is_that_target() -> None:
    values = blend(segments_of([2.0, 2.0, 2.0], [1.0, 5.0, 0.1]), np.linspace(0.0, 0.299, 50))
    np.testing.assert_allclose(values, 2.0, atol=1e-6)


def test_a_blend_reaches_its_target_in_the_core_and_halves_at_equal_borders() -> None:
    values = blend(segments_of([0.0, 1.0], [1.0, 1.0]), np.array([0.02, 0.1, 0.18]))[:, 0]
    np.testing.assert_allclose(values, [0.0, 0.5, 1.0], atol=1e-6)


def test_the_stronger_segment_wins_the_border() -> None:
    even, strong = (
        blend(segments_of([0.0, 1.0], [1.0, s]), np.array([0.1]))[0, 0] for s in (1.0, 4.0)
    )
    assert strong == pytest.approx(4.0 / 5.0)
    assert strong > even


def test_segments_beyond_reach_do_not_matter() -> None:
    time = np.linspace(0.0, 0.09, 10)
    far, farther = (
        blend(segments_of([0.0, 0.0, 0.0, height], [1.0] * 4), time) for height in (1.0, 100.0)
    )
    np.testing.assert_array_equal(far, farther)


def test_hold_envelope_holds_ramps_and_rests() -> None:
    envelope = hold_envelope(
        np.array([[0.2, 0.3]]), np.array([0.1, 0.16, 0.18, 0.2, 0.25, 0.3, 0.32, 0.34, 0.5]), 0.04
    )
    np.testing.assert_allclose(envelope, [0, 0, 0.5, 1, 1, 1, 0.5, 0, 0], atol=1e-9)


def test_holds_that_nearly_touch_run_together() -> None:
    time = np.linspace(0.2, 0.4, 41)
    near = hold_envelope(np.array([[0.32, 0.4], [0.2, 0.3]]), time, 0.04)
    apart = hold_envelope(np.array([[0.2, 0.25], [0.35, 0.4]]), time, 0.04)
    np.testing.assert_array_equal(near, 1.0)
    assert apart.min() == 0.0


def test_no_holds_is_no_gesture() -> None:
    assert not hold_envelope(np.empty((0, 2)), np.linspace(0, 1, 5), 0.04).any()


def test_loudness_is_relative_to_the_loud_level() -> None:
    time = np.arange(32000) / 16000
    tone = np.sin(2 * np.pi * 200 * time) * np.where(time < 1.0, 1.0, 0.1)
    level, quieter = (loudness_envelope(gain * tone, 60, 30.0) for gain in (1.0, 0.01))
    np.testing.assert_allclose(level, quieter, atol=1e-6)
    assert level[15] == pytest.approx(0.0, abs=0.2)
    assert level[45] == pytest.approx(-20.0, abs=0.3)


def test_silence_and_time_beyond_the_sound_are_at_the_floor() -> None:
    assert (loudness_envelope(np.zeros(16000), 30, 30.0) == FLOOR_DB).all()
    noise = np.random.default_rng(0).standard_normal(16000)
    assert loudness_envelope(noise, 90, 30.0)[45:].max() == FLOOR_DB
    assert loudness_envelope(np.empty(0), 4, 30.0).tolist() == [FLOOR_DB] * 4


def test_gaps_become_pauses() -> None:
    phones = [Phone("a", 0.2, 0.4), Phone("t", 0.4, 0.5), Phone(PAUSE, 0.6, 0.7)]
    assert fill_pauses(phones, 1.0) == [
        Phone(PAUSE, 0.0, 0.2),
        Phone("a", 0.2, 0.4),
        Phone("t", 0.4, 0.5),
        Phone(PAUSE, 0.5, 1.0),
    ]
    assert fill_pauses([], 2.0) == [Phone(PAUSE, 0.0, 2.0)]


def test_phone_files_as_text_and_json(tmp_path: Path) -> None:
    rows = [["_", 0.0, 0.3], ["p", 0.3, 0.4], ["A:", 0.4, 0.6]]
    expected = [Phone("_", 0.0, 0.3), Phone("p", 0.3, 0.4), Phone("A:", 0.4, 0.6)]
    text = "# symbol start end\n" + "\n".join("\t".join(map(str, row)) for row in rows)
    for name, content in (
        ("a.tsv", text),
        ("b.json", json.dumps(rows)),
        ("c.json", json.dumps({"phones": rows})),
    ):
        (tmp_path / name).write_text(content)
        assert read_phones(tmp_path / name) == expected


@pytest.mark.parametrize(
    "content",
    ["", "p 0.1", "p one two", "qq 0 1", "p 0.4 0.3", '{"words": []}', "[1, 2]", '[["p", 0]', "\0"],
)
def test_bad_phone_files_are_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(content)
    with pytest.raises(UserError, match=r"bad\.tsv"):
        read_phones(path)


def test_a_missing_phone_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.tsv"):
        read_phones(tmp_path / "none.tsv")
