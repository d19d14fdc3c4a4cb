import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.base.errors import UserError
from model_core.corpus import build
from model_core.corpus.recipe import training_voices
from model_core.corpus.store import (
    SAMPLE_RATE,
    Utterance,
    load_samples,
    read_store,
    store_digest,
    write_index,
    write_store,
)
from model_core.speech.phones import Phone


def _utterance(name: str) -> Utterance:
    phones = (Phone("_", 0.0, 0.1), Phone("m", 0.1, 0.2), Phone("A:", 0.2, 0.5, 1))
    return Utterance(name, "someone", "en", "test", "Ma", phones)


def _samples() -> np.ndarray:
    return np.sin(np.arange(SAMPLE_RATE // 2) * 0.1).astype(np.float32) * 0.5


def test_a_store_reads_back_what_was_written(tmp_path: Path) -> None:
    written = write_store(tmp_path, [(_utterance("a"), _samples()), (_utterance("b"), _samples())])
    assert read_store(tmp_path) == written
    assert written[0].phones == _utterance("a").phones
    assert written[0].duration == 0.5
    assert np.abs(load_samples(tmp_path, written[1]) - _samples()).max() < 1.0 / 32767


def test_an_index_may_point_into_another_folder(tmp_path: Path) -> None:
    [written] = write_store(tmp_path / "a", [(_utterance("a"), _samples())])
    moved = Utterance(**{**vars(written), "audio": f"../a/{written.audio}"})
    write_index(tmp_path / "b", [moved])
    [read] = read_store(tmp_path / "b")
    assert len(load_samples(tmp_path / "b", read)) == len(_samples())


def test_a_digest_tells_of_speech_and_sound_alone(tmp_path: Path) -> None:
    recordings = [(_utterance("a"), _samples()), (_utterance("b"), -_samples())]
    write_store(tmp_path / "a", recordings)
    digest = store_digest(tmp_path / "a")
    moved = [
        Utterance(**{**vars(u), "audio": f"../a/{u.audio}"}) for u in read_store(tmp_path / "a")
    ]
    write_index(tmp_path / "b", reversed(moved))
    assert store_digest(tmp_path / "b") == digest
    write_store(tmp_path / "c", [recordings[0], (recordings[1][0], _samples())])
    assert store_digest(tmp_path / "c") != digest
    later = Utterance(**{**vars(moved[0]), "phones": (Phone("_", 0.0, 0.11),)})
    write_index(tmp_path / "b", [later, moved[1]])
    assert store_digest(tmp_path / "b") != digest


def test_stress_is_written_only_where_there_is_some(tmp_path: Path) -> None:
    write_store(tmp_path, [(_utterance("a"), _samples())])
    entry = json.loads((tmp_path / "utterances.jsonl").read_text(encoding="utf-8"))
    assert entry["phones"] == [["_", 0.0, 0.1], ["m", 0.1, 0.2], ["A:", 0.2, 0.5, 1]]


def test_repeated_ids_leave_no_index(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'a'"):
        write_store(tmp_path, [(_utterance("a"), _samples()), (_utterance("a"), _samples())])
    assert not (tmp_path / "utterances.jsonl").exists()


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "a"}', '{"id": "a", "phones": [["m", 0]]}', '{"phones": 3}']
)
def test_a_broken_index_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "utterances.jsonl").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"utterances\.jsonl line 1"):
        read_store(tmp_path)


def test_foreign_symbols_are_refused(tmp_path: Path) -> None:
    write_index(tmp_path, [Utterance("a", "s", "en", "t", "", (Phone("AA", 0.0, 1.0),))])
    with pytest.raises(UserError, match="AA"):
        read_store(tmp_path)


def test_a_missing_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="corpus build"):
        read_store(tmp_path)


def test_missing_and_wrong_recordings_are_refused(tmp_path: Path) -> None:
    [written] = write_store(tmp_path, [(_utterance("a"), _samples())])
    soundfile.write(tmp_path / written.audio, _samples(), 44100, format="FLAC")
    with pytest.raises(UserError, match="16 kHz"):
        load_samples(tmp_path, written)
    (tmp_path / written.audio).unlink()
    with pytest.raises(UserError, match="Cannot read"):
        load_samples(tmp_path, written)


def test_a_changed_listing_or_aligner_makes_a_source_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings() -> dict[str, str]:
        return {name: made[0] for name, made in build._real_sources(tmp_path).items()}

    before = settings()
    assert settings() == before
    listing = tmp_path / "recordings.toml"
    listing.write_bytes(build.packages.LISTING.read_bytes() + b"# one more\n")
    monkeypatch.setattr(build.packages, "LISTING", listing)
    listed = settings()
    assert {name for name in before if listed[name] != before[name]} == {
        "packages",
        "packages-training",
    }
    aligner = tmp_path / "alignment"
    aligner.mkdir()
    (aligner / "sphinx.py").write_text("# another\n", encoding="utf-8")
    monkeypatch.setattr(build, "_ALIGNMENT", aligner)
    assert all(settings()[name] != listed[name] for name in listed)


def test_changed_voices_sentences_or_synthesisers_make_a_source_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings() -> dict[str, str]:
        made = build._synthetic_sources(1.0, 0, print)
        return {name: settings for name, (settings, _) in made.items()}

    before = settings()
    assert settings() == before
    voices = [(voice, minutes + (voice.name == "slt")) for voice, minutes in training_voices()]
    monkeypatch.setattr(build, "training_voices", lambda: voices)
    longer = settings()
    assert {name for name in before if longer[name] != before[name]} == {"flite"}
    for attribute, name in (("_SENTENCES", "en.txt"), ("_SYNTHESIS", "flite.py")):
        last = settings()
        (tmp_path / attribute).mkdir()
        (tmp_path / attribute / name).write_text("# another\n", encoding="utf-8")
        monkeypatch.setattr(build, attribute, tmp_path / attribute)
        assert all(settings()[name] != last[name] for name in last)
