import hashlib
import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.base.errors import UserError
from model_core.corpus.alignment.pronunciation import words_of
from model_core.corpus.recordings import packages
from model_core.corpus.store import SAMPLE_RATE, Samples

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")


def test_the_listed_packages_are_complete() -> None:
    fields = {"name", "archive", "sha256", "licence", "folder", "recordings"}
    for package in packages.packages():
        assert set(package) in (fields, fields | {"registry"})
        assert package.get("registry", "npm") == "npm"
        assert len(package["sha256"]) == 64
        for recording in package["recordings"]:
            assert words_of(recording["text"])
            assert set(recording) - {"start", "end"} == {"path", "speaker", "text"}
            assert recording.get("start", 0.0) < recording.get("end", np.inf)


def test_every_speaker_either_trains_or_evaluates() -> None:
    heard = {r["speaker"] for package in packages.packages() for r in package["recordings"]}
    uses = packages.speakers()
    assert set(uses) == heard
    assert set(uses.values()) == set(packages.SOURCES) == {"evaluation", "training"}


@needs_flite
def test_recordings_are_read_from_zips_tars_and_spans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    speech = _speech("Pam made Bobby a bamboo map.")
    silence = np.zeros(2 * SAMPLE_RATE, np.float32)
    listing = tmp_path / "listing.toml"
    wav = _zip(tmp_path / "a.zip", "in/two.wav", _wav(np.concatenate([silence, speech, silence])))
    raw = _tar(tmp_path / "b.tgz", "in/one.raw", (speech * 32767).astype("<i2").tobytes())
    span = f"start = 2.0, end = {2.0 + len(speech) / SAMPLE_RATE}"
    listing.write_text(
        '[speakers]\nann = "evaluation"\nbob = "training"\n'
        + _package(wav, "two.wav", f'speaker = "ann", {span}')
        + _package(raw, "one.raw", 'speaker = "bob"')
    )
    monkeypatch.setattr(packages, "LISTING", listing)
    [(evaluated, cut)] = packages.aligned_recordings(tmp_path, "evaluation")
    [(trained, whole)] = packages.aligned_recordings(tmp_path, "training")
    assert (evaluated.id, evaluated.source) == ("ann-two-002000", "packages")
    assert (trained.id, trained.source) == ("bob-one", "packages-training")
    np.testing.assert_allclose(cut, whole, atol=1e-4)
    assert [p.symbol for p in evaluated.phones] == [p.symbol for p in trained.phones]


def test_another_archive_or_a_missing_recording_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _zip(tmp_path / "a.zip", "in/one.wav", b"")
    package = {"archive": "a.zip", "sha256": "0" * 64}
    with pytest.raises(UserError, match="not the expected archive"):
        packages.fetch(package, tmp_path)
    listing = tmp_path / "listing.toml"
    listing.write_text(
        '[speakers]\nann = "training"\n' + _package(path, "other.wav", 'speaker = "ann"')
    )
    monkeypatch.setattr(packages, "LISTING", listing)
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    with pytest.raises(UserError, match=r"no recording in/other\.wav"):
        list(packages.aligned_recordings(tmp_path, "training"))


def _speech(text: str) -> Samples:
    from model_core.corpus.synthesis import flite
    from model_core.corpus.synthesis.voices import Voice

    [(samples, _)] = flite.speak_all([text], Voice("flite", "rms", "en"))
    return samples


def _wav(samples: Samples) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return stream.getvalue()


def _zip(path: Path, member: str, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    return path


def _tar(path: Path, member: str, content: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo(member)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return path


def _package(archive: Path, path: str, details: str) -> str:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return (
        f'[[package]]\nname = "a"\narchive = "{archive.name}"\nsha256 = "{digest}"\n'
        f'licence = "MIT"\nfolder = "in"\nrecordings = [{{ path = "{path}", {details}, '
        'text = "pam made bobby a bamboo map" }]\n'
    )
