"""`evaluate-lips` on a corpus, one recording, tracked lips and in hard conditions; bad input."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.articulation.rule_motion import rule_motion
from model_core.base.errors import UserError
from model_core.cli import evaluate_lips
from model_core.corpus.conditions import CONDITIONS
from model_core.corpus.store import Utterance, write_store
from model_core.evaluation.metrics.lip_speakers import SpeakerScores
from model_core.evaluation.metrics.lips import LipAccumulator
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.speech.phones import PAUSE, Phone

PHONES = (
    Phone(PAUSE, 0.0, 0.5),
    Phone("p", 0.5, 0.58),
    Phone("A:", 0.58, 0.75),
    Phone("s", 0.75, 0.85),
    Phone("i:", 0.85, 1.0),
    Phone("m", 1.0, 1.07),
    Phone("u:", 1.07, 1.25),
    Phone(PAUSE, 1.25, 1.8),
)
SAMPLES = (0.1 * np.sin(np.arange(int(1.8 * 16000)) / 12)).astype(np.float32)


def evaluate(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    evaluate_lips.add_parser(parser.add_subparsers())
    args = parser.parse_args(["evaluate-lips", *map(str, arguments)])
    code: int = args.func(args)
    return code


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    utterances = [
        Utterance(id=f"u{i}", speaker="tone", language="en", source="made", text="", phones=PHONES)
        for i in range(3)
    ]
    write_store(folder, [(utterance, SAMPLES) for utterance in utterances])
    return folder


def test_a_corpus_is_pooled_into_a_table_and_json(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--corpus", corpus, "--rules", "--json", tmp_path / "s.json") == 0
    printed = capsys.readouterr().out
    assert "| closed | 1.000 | share, phone +- 33 ms |" in printed
    scores = json.loads((tmp_path / "s.json").read_text())
    assert (scores["utterances"], scores["bilabials"]) == (3, 6)
    assert scores["width_auc"] == scores["protrusion_auc"] == scores["closure_auc"] == 1.0
    assert scores["silence_opening"] <= 0.1
    assert scores["lag"] == pytest.approx(0.0, abs=0.1)


def test_a_limit_chooses_fewer(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate("--corpus", corpus, "--rules", "--limit", 2)
    assert "| utterances | 2 |" in capsys.readouterr().out
    with pytest.raises(UserError, match="limit"):
        evaluate("--corpus", corpus, "--rules", "--limit", 0)


def test_one_recording_with_its_phones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "a.wav", SAMPLES, 16000)
    lines = [f"{phone.symbol}\t{phone.start}\t{phone.end}" for phone in PHONES]
    (tmp_path / "a.tsv").write_text("\n".join(lines))
    assert evaluate(tmp_path / "a.wav", tmp_path / "a.tsv", "--rules", "--fps", 25) == 0
    assert "| bilabials | 2 |" in capsys.readouterr().out


def test_what_to_score_must_be_clear(corpus: Path, tmp_path: Path) -> None:
    for arguments in (
        [],
        [tmp_path / "a.wav"],
        [tmp_path / "a", tmp_path / "b", "--corpus", corpus],
        [tmp_path / "a", "--corpus", corpus],
        ["--tracked", tmp_path, "--corpus", corpus],
    ):
        with pytest.raises(UserError, match="either"):
            evaluate(*arguments, "--rules")
    with pytest.raises(UserError, match="leave them out"):
        evaluate("--tracked", tmp_path, "--rules")
    with pytest.raises(UserError, match="leave them out"):
        evaluate("--tracked", tmp_path, "--second", tmp_path)
    for other in (["--rules"], ["--second", tmp_path]):
        with pytest.raises(UserError, match="go with a model and one alignment"):
            evaluate("--corpus", corpus, "--conditions", *other)
    with pytest.raises(UserError, match="corpus"):
        evaluate("--corpus", tmp_path / "none", "--rules")


def test_tracked_lips_are_scored_by_speaker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lips = np.random.default_rng(0).uniform(0, 9, (2, 40, 1))
    for speaker in ("ann", "bob"):
        folder = tmp_path / speaker
        (folder / "audio").mkdir(parents=True)
        np.savez(
            folder / "tracks.npz",
            fps=25.0,
            clip=np.array(["one", "two"]),
            lips=lips,
            lips_names=np.array(["inner_open/mm"]),
        )
        for name in ("one", "two"):
            soundfile.write(folder / "audio" / f"{name}.wav", SAMPLES, 16000)
    assert evaluate("--tracked", tmp_path, "--limit", 2, "--json", tmp_path / "s.json") == 0
    printed = capsys.readouterr().out
    assert "| ann | 1 |" in printed
    assert "| all | 2 |" in printed
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores["speakers"].keys() == {"ann", "bob"}
    assert scores["all"]["width_r"] is None
    _assert_other_systems_are_scored(tmp_path, lips, capsys)


def _assert_other_systems_are_scored(
    tracked: Path, lips: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    """A jaw that opens as the lips of ann did, from a speaker's folder and from one for all."""
    jaw = load_face_rig().select(["jawOpen"])
    for place, clip in (("ann/one", 0), ("two", 1)):
        path = tracked / "theirs" / f"{place}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        Motion(25.0, ("jawOpen",), jaw, (lips[clip] / 20).astype(np.float32)).save(path)
    motions = ("--motions", tracked / "theirs")
    with pytest.raises(UserError, match="no motion file"):  # of bob, who said "one" too
        evaluate("--tracked", tracked, *motions)
    assert evaluate("--tracked", tracked / "ann", *motions) == 0
    assert "| ann | 2 | 0 | 1.00 |" in capsys.readouterr().out
    with pytest.raises(UserError, match="go with --tracked"):
        evaluate("--corpus", tracked, *motions)


def test_conditions_are_scored_on_the_same_speech(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"{phone.symbol}\t{phone.start}\t{phone.end}" for phone in PHONES]
    (tmp_path / "a.tsv").write_text("\n".join(lines))
    soundfile.write(tmp_path / "a.wav", SAMPLES, 16000)
    given = (tmp_path / "a.wav", tmp_path / "a.tsv", "--conditions", "--json", tmp_path / "s.json")
    assert evaluate(*given) == 0
    printed = capsys.readouterr().out
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores.keys() == CONDITIONS.keys()
    for name, condition in CONDITIONS.items():
        assert scores[name]["bilabials"] == (2 if condition.speaks else 0)
        assert f"| {name} |" in printed
    assert scores["speed 1.5"]["seconds"] == pytest.approx(1.2, abs=0.05)
    opened = {name: scores[name]["silence_opening"] for name in ("digital silence", "music alone")}
    assert opened["digital silence"] < 0.5
    assert opened["digital silence"] < opened["music alone"]


def test_a_second_alignment_decides_what_counts(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_closes = tuple(p._replace(symbol="t") if p.symbol in "pm" else p for p in PHONES)
    stored = [
        Utterance("u0", "tone", "en", "made", "", PHONES),
        Utterance("u1", "tone", "en", "made", "", nothing_closes),
    ]
    write_store(tmp_path / "second", [(utterance, SAMPLES) for utterance in stored])
    assert evaluate("--corpus", corpus, "--rules", "--second", tmp_path / "second") == 0
    printed = capsys.readouterr()
    assert "1 of 3 have no second alignment" in printed.err
    assert "| utterances | 2 |" in printed.out
    assert "| bilabials | 2 |" in printed.out  # both of u0, none of u1


def test_one_recording_may_have_a_second_alignment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "a.wav", SAMPLES, 16000)
    for name, moved in (("a", 0.0), ("b", 0.05), ("c", 0.2)):
        lines = [f"{p.symbol}\t{p.start + moved}\t{p.end + moved}" for p in PHONES]
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines))
    found = []
    for name in ("b", "c"):
        evaluate(
            tmp_path / "a.wav", tmp_path / "a.tsv", "--rules", "--second", tmp_path / f"{name}.tsv"
        )
        found.append("| bilabials | 2 |" in capsys.readouterr().out)
    assert found == [True, False]


def labelled(symbols: dict[str, str]) -> tuple[Phone, ...]:
    """The phones as an aligner with wrong pronunciations has them."""
    return tuple(p._replace(symbol=symbols.get(p.symbol, p.symbol)) for p in PHONES)


def moved(closes: bool) -> Motion:
    """Lips that close for the phones, or keep open."""
    true = PHONES if closes else labelled({"p": "t", "m": "n"})
    return rule_motion(true, SAMPLES, 1.8, 30.0)


def test_a_speaker_with_wrong_labels_stands_out_and_is_left_out() -> None:
    scores = SpeakerScores()
    for name, count, closes in (("ann", 20, True), ("bob", 6, False), ("cid", 5, True)):
        for _ in range(count):
            scores.add(name, moved(closes), PHONES)
    scores.add("dan", moved(False), PHONES)  # two bilabials: bad luck, not a trap
    assert scores.doubtful() == ["bob"]
    trusted = scores.trusted()
    assert (trusted.utterances, trusted.bilabials) == (26, 52)
    assert trusted.closed == pytest.approx(50 / 52)
    told = scores.to_markdown()
    assert "| bob | 6 | 12 | 0.000 |" in told
    assert told.count("doubtful, left out") == 1
    assert scores.to_json()["doubtful"] == ["bob"]
    assert scores.to_json()["speakers"]["bob"]["closed"] == 0.0


def test_a_speaker_alone_is_nobodys_exception() -> None:
    scores = SpeakerScores()
    for _ in range(6):
        scores.add("bob", moved(False), PHONES)
    assert scores.doubtful() == []
    assert scores.trusted().bilabials == 12


def test_pooled_accumulators_score_as_one() -> None:
    whole, first, second = (LipAccumulator() for _ in range(3))
    for part, closes in ((first, True), (second, False)):
        for each in (whole, part):
            each.add(moved(closes), PHONES, SAMPLES, moved(True))
    first.include(second)
    assert first.finish().to_json() == whole.finish().to_json()
    with pytest.raises(UserError, match="do not mix"):
        other = LipAccumulator()
        other.add(rule_motion(PHONES, SAMPLES, 1.8, 60.0), PHONES)
        first.include(other)


def test_speakers_have_a_row_each(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("--corpus", corpus, "--rules", "--speakers") == 0
    printed = capsys.readouterr().out
    assert "| tone | 3 | 6 | 1.000 |" in printed
    assert "| closed | 1.000 | share, phone +- 33 ms |" in printed
    with pytest.raises(UserError, match="go with a --corpus as it is"):
        evaluate("--corpus", corpus, "--speakers", "--conditions")
