"""A microphone in software hears real speech; it is unplugged, and comes back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.__main__ import main
from model_core.base.errors import UserError
from model_core.formats.registry import read_motion
from model_core.live.model import LiveModel
from model_core.live.sources import chunks_of, microphone
from model_core.live.stream import FrameStream
from model_core.motion.closures import lip_opening
from tests.live import room

pytestmark = pytest.mark.skipif(bool(room.missing()), reason=room.missing())

SECOND, CHUNK = 16000, 0.02
Opened = Callable[..., room.Room]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Open a room whose microphone is the default of this process."""
    rooms: list[room.Room] = []

    def act(rate: int = 48000, channels: int = 1) -> room.Room:
        folder = tmp_path / str(len(rooms))
        folder.mkdir()
        rooms.append(room.Room(folder, rate, channels))
        for name, value in rooms[-1].environment.items():
            monkeypatch.setenv(name, value)
        return rooms[-1]

    yield act
    for each in rooms:
        each.close()


def heard(seconds: float) -> NDArray[np.float32]:
    """Hear so many seconds, at least, by the microphone."""
    sound = np.empty(0, np.float32)
    with microphone(CHUNK) as (_, chunks):
        while len(sound) < seconds * SECOND:
            sound = np.concatenate([sound, next(chunks)])
    return sound


def place(part: NDArray[np.float32], whole: NDArray[np.float32]) -> int:
    """Return where a part begins in a sound."""
    size = 1 << (len(part) + len(whole)).bit_length()
    spectra = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    return int(np.fft.irfft(spectra, size)[: len(whole)].argmax())


@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (44100, 2)])
def test_it_moves_the_face_as_the_same_sound_from_a_file(
    opened: Opened, model: LiveModel, speech: NDArray[np.float32], rate: int, channels: int
) -> None:
    twice = np.concatenate([speech, speech])
    opened(rate, channels).say(twice)
    sound = heard(1.2)
    same = twice[place(sound, twice) :][: len(sound)]
    sound = sound[: len(same)]
    assert np.corrcoef(sound, same)[0, 1] > 0.98  # up to half a sample beside it

    def opening(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = FrameStream(model, None, 0.2, None).frames(chunks_of(samples, 0.5))
        found = lip_opening(model.face.motion(np.concatenate(list(frames))))
        assert found is not None
        return found

    by_microphone, by_file = opening(sound), opening(same)
    assert np.corrcoef(by_microphone, by_file)[0, 1] > 0.995
    assert np.sqrt(np.mean((by_microphone - by_file) ** 2)) < 0.15 < np.ptp(by_file)  # mm


@pytest.mark.parametrize("loss", [room.Room.unplug, room.Room.crash])
def test_a_sentence_when_it_is_unplugged(
    opened: Opened, speech: NDArray[np.float32], loss: Callable[[room.Room], None]
) -> None:
    here = opened()
    here.say(speech)
    with microphone(CHUNK) as (_, chunks):
        next(chunks)
        loss(here)
        with pytest.raises(UserError, match=r"stopped by the system|no sound any more"):
            for _ in chunks:
                pass


def test_one_that_is_plugged_in_later_is_found(opened: Opened, speech: NDArray[np.float32]) -> None:
    opened().crash()
    with pytest.raises(UserError, match="no microphone"), microphone(CHUNK):
        pass
    opened().say(speech)
    assert np.abs(heard(0.5)).max() > 0.0


def test_what_was_heard_until_then_is_written(
    opened: Opened,
    speech: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here, output = opened(), tmp_path / "live.npz"
    here.say(speech)
    hear = FrameStream.frames

    def losing(stream: FrameStream, chunks: Iterator[NDArray[np.float32]]) -> Iterator[object]:
        total = 0
        for frames in hear(stream, chunks):
            total += len(frames)
            yield frames
            if total > 20:
                here.crash()

    monkeypatch.setattr(FrameStream, "frames", losing)
    assert main(["stream", "--microphone", "--engine", "torch", "-o", str(output)]) == 2
    assert "microphone" in capsys.readouterr().err
    assert read_motion(output).frames > 20
