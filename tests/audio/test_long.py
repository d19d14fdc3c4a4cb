"""Sounds that are too long for memory lie in a file, and are heard the same."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.base import room
from model_core.base.errors import UserError
from model_core.base.room import Room, joined, let_go
from model_core.encoding.loudness import ClipLoudness
from model_core.performance.silence import levels_db
from model_core.speech.audio import Samples, load_audio
from model_core.speech.loudness import loudness_envelope


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything of more than a thousand numbers lies in a file."""
    monkeypatch.setattr(room, "_IN_MEMORY", 1000)


def _off_centre(folder: Path, rate: int) -> Path:
    """Stereo noise about a constant, as a file."""
    noise = np.random.default_rng(0).normal(0.05, 0.05, (3 * rate, 2))
    path = folder / f"{rate}.wav"
    soundfile.write(path, noise, rate)
    return path


@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_sound_on_disk_is_the_one_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    path = _off_centre(tmp_path, rate)
    plain = load_audio(path)
    monkeypatch.setattr(room, "_IN_MEMORY", 1000)
    mapped = load_audio(path)
    assert isinstance(mapped, np.memmap) and not isinstance(plain, np.memmap)
    np.testing.assert_array_equal(mapped, plain)
    assert abs(float(plain.mean())) < 1e-4, "its constant was taken out in both"


@pytest.mark.usefixtures("on_disk")
def test_what_is_let_go_of_is_still_there(tmp_path: Path) -> None:
    mapped = load_audio(_off_centre(tmp_path, 16000))
    mapped[5:10] = 0.25
    kept = np.array(mapped)
    let_go(mapped[100:200])
    np.testing.assert_array_equal(mapped, kept)
    for heard in (mapped, np.ascontiguousarray(mapped)):
        _same_measures(heard, kept)


@pytest.mark.parametrize("view", [np.asarray, lambda mapped: mapped[2:], np.ascontiguousarray])
def test_changes_of_a_private_map_are_not_let_go_of(
    tmp_path: Path, view: Callable[[Samples], Samples]
) -> None:
    np.save(tmp_path / "x.npy", np.zeros(1 << 14, np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="c")
    mapped += 0.5
    let_go(view(mapped))
    assert np.all(mapped == 0.5)


@pytest.mark.usefixtures("on_disk")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /tmp in memory")
def test_long_rows_lie_on_a_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    places = []
    for asked in (None, tmp_path):
        if asked:
            monkeypatch.setenv("TMPDIR", str(asked))
            monkeypatch.setattr(room.tempfile, "tempdir", None)
        file = Room(5000)._file
        assert file is not None
        places.append(Path(f"/proc/self/fd/{file.fileno()}").readlink().parent)
    assert places == [Path("/var/tmp"), tmp_path.resolve()]


def _same_measures(mapped: Samples, plain: Samples) -> None:
    heard, known = ClipLoudness(mapped), ClipLoudness(plain)
    assert (heard.power, heard.peak) == (known.power, known.peak)
    np.testing.assert_array_equal(levels_db(mapped), levels_db(plain))
    envelopes = [loudness_envelope(each, 90, 30.0) for each in (mapped, plain)]
    np.testing.assert_array_equal(*envelopes)


@pytest.mark.usefixtures("on_disk")
def test_a_disk_without_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_is_free", lambda _size: False)
    assert not isinstance(Room(5000).first(5000), np.memmap), "memory does where a disk has none"
    monkeypatch.setattr(room, "_is_free", lambda _size: True)
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no full disk to write to")
    with full.open("r+b") as file:
        monkeypatch.setattr(room.tempfile, "TemporaryFile", lambda **_: file)
        with pytest.raises(UserError, match="does not fit"):
            Room(1 << 22).put(0, np.ones(1 << 22, np.float32))


def test_blocks_are_joined() -> None:
    blocks = [np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32) for n in (2, 0, 99)]
    np.testing.assert_array_equal(joined(iter(blocks)), np.concatenate(blocks))
    assert joined([np.empty((0, 4), np.float32)]).shape == (0, 4)
    by_columns = [np.asfortranarray(block) for block in blocks]
    np.testing.assert_array_equal(joined(by_columns), np.concatenate(blocks))
    with pytest.raises(ValueError, match="no blocks"):
        joined([])
