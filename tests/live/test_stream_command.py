"""``python -m model_core stream``: frames to a file and a socket, sentences for bad input."""

import json
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model_core.__main__ import main
from model_core.base.assets import DEFAULT_CHECKPOINT
from model_core.base.errors import UserError
from model_core.cli import stream
from model_core.formats.live_link_packet import COLUMNS, LiveLinkPackets
from model_core.formats.registry import read_motion
from model_core.live.sender import host_and_port
from model_core.live.sources import chunks_of
from model_core.rig.arkit import ARKIT


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory, speech: NDArray[np.float32]) -> Path:
    path = tmp_path_factory.mktemp("sound") / "sentence.wav"
    soundfile.write(path, speech[16000:32000], 16000)
    return path


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind(("127.0.0.1", 0))
        here.settimeout(2.0)
        yield here


def received(here: socket.socket, count: int) -> list[bytes]:
    return [here.recv(4096) for _ in range(count)]


def parsed(packet: bytes) -> tuple[str, float, dict[str, float]]:
    """Subject, time in seconds and channels, read as a receiver would."""
    assert packet[0] == 6
    texts, at = [], 1
    for _ in range(2):
        (length,) = struct.unpack_from(">i", packet, at)
        texts.append(packet[at + 4 : at + 4 + length].decode())
        at += 4 + length
    frame, part, rate, per, count = struct.unpack_from(">ifiib", packet, at)
    values = struct.unpack_from(f">{count}f", packet, at + 17)
    assert len(packet) == at + 17 + 4 * count
    assert count == 61 and 0 <= part < 1
    return texts[1], frame * per / rate, dict(zip(COLUMNS, values, strict=True))


def test_frames_go_to_a_file_and_to_the_host_named(
    sentence: Path, receiver: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, target = tmp_path / "live.npz", f"127.0.0.1:{receiver.getsockname()[1]}"
    args = ["--fps", "30", "--udp", target, "--subject", "Anna", "-o", str(output)]
    assert main(["stream", str(sentence), "--engine", "torch", *args]) == 0
    printed = capsys.readouterr().out
    assert "30 frames at 30 fps, look-ahead 199 ms" in printed and "(p99)" in printed
    motion = read_motion(output)
    assert (motion.frames, motion.fps) == (30, 30.0)
    packets = [parsed(packet) for packet in received(receiver, 30)]
    assert {subject for subject, _, _ in packets} == {"Anna"}
    np.testing.assert_allclose(np.diff([time for _, time, _ in packets]), 1 / 30, atol=1e-6)
    jaw = [channels["jawOpen"] for _, _, channels in packets]
    np.testing.assert_allclose(jaw, motion.weights[:, motion.names.index("jawOpen")], atol=1e-6)
    assert np.ptp(jaw) > 0.01


def test_frames_are_sent_as_json(sentence: Path, receiver: socket.socket) -> None:
    target = f"127.0.0.1:{receiver.getsockname()[1]}"
    args = ["--engine", "torch", "--lookahead-ms", "80", "--udp", target, "--packets", "json"]
    assert main(["stream", str(sentence), *args]) == 0
    frames = [json.loads(packet) for packet in received(receiver, 60)]
    assert [each["frame"] for each in frames] == list(range(60))
    assert frames[-1]["time"] == pytest.approx(59 / 60, abs=1e-5)
    assert "jawOpen" in frames[0]["weights"]


def test_packets_are_the_mean_of_both_sides_and_rest_elsewhere() -> None:
    packets = LiveLinkPackets(["browInnerUpLeft", "browInnerUpRight", "jawOpen"], 29.97, "A", 7)
    subject, time, channels = parsed(packets.packet([0.2, 0.4, 0.5]))
    assert (subject, round(time, 4)) == ("A", round(7 / 29.97, 4))
    moved = {name: round(value, 4) for name, value in channels.items() if value}
    assert moved == {"browInnerUp": 0.3, "jawOpen": 0.5}
    assert COLUMNS[:52] == ARKIT


@pytest.mark.parametrize(
    ("arguments", "sentence_told"),
    [
        (["missing.wav"], "There is no sound file at missing.wav"),
        ([], "Give a sound file or --microphone"),
        (["a.wav", "--microphone"], "Give a sound file or --microphone"),
        (["a.wav", "--udp", "nowhere"], "HOST:PORT"),
        (["a.wav", "--udp", "127.0.0.1:99999"], "HOST:PORT"),
        (["SOUND", "--udp", "no.such.host.invalid:11111"], "cannot be found"),
        (["SOUND", "--lookahead-ms", "20"], "at least 66 ms, not 20"),
        (["SOUND", "--lookahead-ms", "nan"], "look-ahead"),
        (["SOUND", "--chunk-ms", "0"], "--chunk-ms"),
        (["SOUND", "--fps", "0"], "frame rate"),
        (["SOUND", "--style", "angry"], "has no style angry"),
        (["SOUND", "-o", "x.txt"], "x.txt"),
        (["SOUND", "--checkpoint", str(DEFAULT_CHECKPOINT)], "hears sounds whole"),
    ],
)
def test_bad_input_gets_one_sentence(
    arguments: list[str],
    sentence_told: str,
    sentence: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(sentence) if each == "SOUND" else each for each in arguments]
    assert main(["stream", "--engine", "torch", *given]) == 2
    told = capsys.readouterr().err.strip()
    assert sentence_told in told and len(told.splitlines()) == 1


def test_a_microphone_needs_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(["stream", "--microphone", "--engine", "torch"]) == 2
    assert "pip install sounddevice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("end", "status", "told"),
    [(KeyboardInterrupt(), 0, "stopped"), (UserError("It was unplugged."), 2, "unplugged")],
    ids=["stopped", "unplugged"],
)
def test_what_was_heard_before_an_end_is_all_told(
    sentence: Path,
    speech: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    end: BaseException,
    status: int,
    told: str,
) -> None:
    def ended(args: object, stack: object) -> Iterator[NDArray[np.float32]]:
        yield from chunks_of(speech[16000:24000], 0.05)
        raise end

    monkeypatch.setattr(stream, "_chunks", ended)
    output = tmp_path / "live.npz"
    given = ["stream", str(sentence), "--engine", "torch", "-o", str(output)]
    assert main(given) == status
    assert told in capsys.readouterr().err
    assert read_motion(output).frames == 30, "the half second that was heard, to its end"


def test_an_end_before_any_sound_is_one_sentence(
    sentence: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(args: object, stack: object) -> Iterator[NDArray[np.float32]]:
        raise UserError("It was unplugged.")
        yield

    monkeypatch.setattr(stream, "_chunks", ended)
    assert main(["stream", str(sentence), "--engine", "torch"]) == 2
    assert capsys.readouterr().err.strip().endswith("It was unplugged.")


def test_hosts_may_be_addresses_of_either_kind() -> None:
    assert host_and_port("[::1]:11111") == ("::1", 11111)
    assert host_and_port("render.local:80") == ("render.local", 80)
    with pytest.raises(UserError):
        host_and_port(":11111")


def test_chunks_are_all_of_a_sound(speech: NDArray[np.float32]) -> None:
    chunks = list(chunks_of(speech, 0.033))
    np.testing.assert_array_equal(np.concatenate(chunks), speech)
    assert {len(chunk) for chunk in chunks[:-1]} == {528}
