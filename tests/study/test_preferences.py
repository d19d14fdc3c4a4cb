"""What is made of saved answers, and of folders and files that are no study."""

import json
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_core.__main__ import main
from model_core.study.answers import STILL, Key, read_answers
from model_core.study.preferences import bradley_terry, preferences, sign_test, wilson

KEY = Key("s0", {"s1": "ours", "s2": "theirs", "s3": "jaw"})


def sheet(person: str, chosen: list[tuple[str, str]], study: str = "s0") -> dict[str, Any]:
    """A participant who prefers the first of each pair of codes, in turn on the left and right."""
    answers = []
    for number, (winner, loser) in enumerate(chosen):
        sides = {"left": winner, "right": loser} if number % 2 else {"left": loser, "right": winner}
        side = "left" if number % 2 else "right"
        answers.append({"clip": f"c{number}", **sides, "lips": side, "real": side})
    return {"study": study, "participant": person, "answers": answers}


def saved(folder: Path, sheets: list[dict[str, Any]]) -> Path:
    for number, each in enumerate(sheets):
        (folder / f"{number}.json").write_text(json.dumps(each), encoding="utf-8")
    (folder.parent / "key.json").write_text(json.dumps(KEY._asdict()), encoding="utf-8")
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Four people prefer s1 to s2 three times in four; one prefers the face that is still."""
    folder = tmp_path / "results"
    folder.mkdir()
    seen = [("s1", "s2")] * 3 + [("s2", "s1"), ("s1", "s3"), ("s2", "s3")]
    sheets = [sheet(f"p{i}", [*seen, ("s1", STILL)]) for i in range(4)]
    return saved(folder, [*sheets, sheet("asleep", [("s2", "s1"), (STILL, "s1")])])


def test_intervals_and_chances_are_the_textbook_s() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert sign_test(8, 10) == sign_test(2, 10) == pytest.approx(2 * 56 / 1024)
    assert sign_test(5, 10) == 1.0


def test_bradley_terry_finds_the_strengths_that_made_the_answers() -> None:
    strengths = np.array([1.0, 0.2, -0.4, -0.8])
    odds = np.exp(strengths)
    shares = odds[:, None] / (odds[:, None] + odds)
    found = bradley_terry(20_000 * shares * (1 - np.eye(4)))
    np.testing.assert_allclose(found, strengths, atol=1e-3)
    two = bradley_terry(np.array([[0.0, 30.0], [10.0, 0.0]]))
    assert two[0] - two[1] == pytest.approx(log(30.5 / 10.5), abs=1e-6)
    unseen = bradley_terry(np.array([[0.0, 5.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert np.isfinite(unseen).all() and unseen[0] > unseen[2] > unseen[1]


def test_answers_are_counted_and_sleepers_left_out(results: Path) -> None:
    answers = read_answers([results], KEY)
    assert answers.left_out == ["asleep"] and len(answers.participants) == 4
    found = preferences(answers)
    counts = {(s.question, s.first, s.second): (s.preferred, s.answers) for s in found.shares}
    assert counts["lips", "ours", "theirs"] == counts["real", "ours", "theirs"] == (12, 16)
    assert counts["lips", "jaw", "ours"] == (0, 4)
    assert found.left_share == 0.5
    lips = {s.system: s for s in found.strengths if s.question == "lips"}
    assert lips["ours"].strength > lips["theirs"].strength > lips["jaw"].strength
    assert all(s.low <= s.strength + 1e-9 and s.strength <= s.high + 1e-9 for s in lips.values())
    assert preferences(answers).to_json() == found.to_json()


def test_who_saved_twice_counts_once(results: Path) -> None:
    saved(results, [sheet("p0", [("s1", "s2")]), *[sheet("p0", [("s1", "s2")] * 9)] * 2])
    answers = read_answers([results], KEY)
    assert sum(a.participant == "p0" and a.question == "lips" for a in answers.counted) == 9


def test_the_command_prints_and_writes(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = ("--json", str(tmp_path / "found.json"), "--table", str(tmp_path / "all.csv"))
    assert main(["study", "-o", str(tmp_path), "--analyse", str(results), *outputs]) == 0
    printed = capsys.readouterr().out
    assert "4 participants, 1 left out" in printed
    assert "| ours | theirs | 16 | 75.0% | 50.5% to 89.8% | 0.077 |" in printed
    assert json.loads((tmp_path / "found.json").read_text())["participants"] == 4
    rows = (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 4 * 6 * 2
    assert rows[0] == "participant,clip,question,preferred,other,side"


def test_what_is_no_study_is_refused_in_a_sentence(
    systems: list[Path], results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, _ = map(str, systems)
    stranger = tmp_path / "stranger.json"
    stranger.write_text(json.dumps(sheet("p9", [("s1", "s2")], "other")), encoding="utf-8")
    torn = tmp_path / "torn.json"
    torn.write_text('{"study": "s0", "answ', encoding="utf-8")
    (tmp_path / "none").mkdir()
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "other.npz").write_bytes((systems[0] / "one.npz").read_bytes())
    key = ["--key", str(tmp_path / "key.json")]
    for words, said in (
        ([], "Give either folders of systems"),
        ([first], "two or more folders"),
        ([first, first], "two or more folders"),
        ([first, str(tmp_path / "none")], "no motion"),
        ([first, str(lone)], "motion of the same name"),
        ([second, f"{systems[2]}"], "no sound of four"),
        ([first, second, "--trials", "0"], "at least one trial"),
        (["--analyse", str(stranger), *key], "another study"),
        (["--analyse", str(torn), *key], "damaged"),
        (["--analyse", str(tmp_path / "none"), *key], "no answers"),
        (["--analyse", str(results), "--key", str(torn)], "damaged"),
        (["--analyse", str(results), "--key", str(tmp_path / "no.json")], "no file"),
    ):
        assert main(["study", "-o", str(tmp_path / "made"), *words]) == 2
        assert said in capsys.readouterr().err, words
    assert not (tmp_path / "made").exists()
