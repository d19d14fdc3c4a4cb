"""What is said of takes: how far they differ, and whether the worst is as good as take 0."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_core.__main__ import main
from model_core.base.assets import DEMO_SPEECH
from model_core.corpus.store import Utterance, write_store
from model_core.datasets.tracked import TrackedClip
from model_core.evaluation.metrics.tracked_lips import lip_measures
from model_core.evaluation.takes import Clip, Criterion, TakesScores, rules_in_manners
from model_core.motion.motion import Motion
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE, load_audio
from model_core.speech.phones import Phone
from tests.speech_like import FPS, speech_like

FRAMES = 90
SAMPLES = np.zeros(round(FRAMES / FPS * SAMPLE_RATE), np.float32)
PHONES = (Phone("_", 0.0, 0.5), Phone("a", 0.5, 1.0), Phone("p", 1.0, 1.2), Phone("a", 1.2, 3.0))


def spoken(open_by: float) -> Motion:
    """A mouth that opens for the vowels only, and by so much more jaw in all of it."""
    motion = speech_like(FRAMES)
    at = np.arange(FRAMES) / FPS
    jaw = np.where(((at > 0.5) & (at < 1.0)) | (at > 1.2), 0.3, 0.0) + open_by
    weights = np.zeros_like(motion.weights)
    weights[:, SPEECH_SHAPES.index("jawOpen")] = jaw
    return replace(motion, weights=weights)


def judged(*open_by: float, tracked: TrackedClip | None = None) -> dict[str, Criterion]:
    """Return the criteria by name where take n opens the jaw by the nth number."""
    motions = [spoken(each) for each in open_by]
    scores = TakesScores(lambda _clip, take: motions[take], len(open_by) - 1)
    scores.add(Clip(SAMPLES, PHONES, tracked))
    return {each.name: each for each in scores.criteria()}


def test_takes_that_are_alike_do_not_differ_and_are_as_good() -> None:
    found = judged(0.0, 0.0, 0.0)
    assert found["Div of the lips, mm"].takes == 0.0
    assert found["Div of the lips, mm"].held is False
    for name in ("closed, worst take", "false, worst take", "speed p99, mm a frame, worst take"):
        assert found[name].held, name
    assert found["same take, same bytes"].held


def test_the_worst_take_counts() -> None:
    found = judged(0.0, 0.0, 0.1)
    assert (found["closed, worst take"].plain, found["closed, worst take"].takes) == (1.0, 0.0)
    assert found["closed, worst take"].held is False
    assert found["mm in pauses, worst take"].held is False
    assert found["Div of the lips, mm"].held
    assert found["Div of all vertices, mm"].takes < found["Div of the lips, mm"].takes


def test_takes_that_are_alike_gain_nothing_on_lips_that_were_seen() -> None:
    seen = lip_measures(spoken(0.0))
    seen[::2] += (2.0, 0.0, 0.0)  # what no prediction could know
    clip = TrackedClip("ann", "one", Path("one.wav"), FPS, seen)
    scores = judged(0.0, 0.0, 0.0, tracked=clip)["energy score on tracked lips, mm"]
    assert scores.takes == pytest.approx(scores.plain)
    assert scores.held is False


def test_the_command_prints_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    details = ("ann", "en", "test", "had he", (Phone("a", 0.0, 0.6), Phone("p", 0.6, 0.8)))
    write_store(tmp_path, [(Utterance("one", *details), load_audio(DEMO_SPEECH, end=0.8))])
    table = tmp_path / "takes.json"
    options = ["--takes", "2", "--json", str(table)]
    assert main(["evaluate-takes", "--corpus", str(tmp_path), *options]) == 0
    assert "| same take, same bytes |  | 1 | 1 | yes |" in capsys.readouterr().out
    assert table.exists()
    other = ["--corpus", str(tmp_path), "--takes", "2", "--beside", str(table)]
    assert main(["evaluate-takes", *other]) == 0
    assert "| | take 0 | takes | included | limit |" in capsys.readouterr().out
    (tmp_path / "none.json").write_text('{"a": 1}')
    assert main(["evaluate-takes", *other[:-1], str(tmp_path / "none.json")]) == 2
    assert "none.json holds no scores of takes" in capsys.readouterr().err
    shutil.copy(table, tmp_path / "included.json")
    for twice in ([str(table), str(table)], [str(tmp_path / "included.json")]):
        assert main(["evaluate-takes", *other[:-1], *twice]) == 2
        assert "rename" in capsys.readouterr().err
    assert main(["evaluate-takes", "--corpus", str(tmp_path), "--takes", "1"]) == 2
    assert "--takes must be at least 2" in capsys.readouterr().err


def test_what_takes_are_judged_by_is_drawn_apart_from_them() -> None:
    clip, (take, truth) = (
        Clip(SAMPLES, PHONES),
        (rules_in_manners(30.0, "neutral", 0, apart=apart) for apart in (False, True)),
    )
    assert np.abs(take(clip, 1).weights - truth(clip, 1).weights).max() > 0.01
    assert np.array_equal(truth(clip, 1).weights, truth(clip, 1).weights)


def test_takes_that_vary_as_the_rules_do_score_better_on_them() -> None:
    """Where the truth opens the jaw more or less at random, takes that do so too come nearer."""
    motions = [spoken(each) for each in (0.0, 0.1, 0.02, 0.05)]
    truth = [spoken(each) for each in (0.0, 0.09)]
    scores = TakesScores(lambda _clip, take: motions[take], 3, lambda _clip, take: truth[take])
    scores.add(Clip(SAMPLES, PHONES))
    found = {each.name: each for each in scores.criteria()}
    energy = found["energy score on the rules in a manner, mm"]
    assert energy.held and energy.takes < energy.plain
    assert not any("tracked" in name for name in found)
