"""Names and places of sound files, and the right reason where one cannot be read."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.audio import load_audio
from model_core.errors import UserError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def write(path: Path) -> Path:
    with path.open("wb") as file:
        soundfile.write(file, 0.5 * np.sin(np.arange(1600) / 7), 16000, format="WAV")
    return path


@pytest.mark.parametrize("name", ["台詞.wav", "line 'one' [2] #3.wav", "x" * 251 + ".wav"])
def test_names_of_any_letters_and_length(tmp_path: Path, name: str) -> None:
    assert len(load_audio(write(tmp_path / name))) == 1600


@pytest.mark.skipif(sys.platform != "linux", reason="others take only Unicode names")
def test_a_name_in_latin_1(tmp_path: Path) -> None:
    assert len(load_audio(write(tmp_path / os.fsdecode(b"caf\xe9.wav")))) == 1600


@POSIX
def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe, content = tmp_path / "pipe", write(tmp_path / "sound.wav").read_bytes()
    os.mkfifo(pipe)
    for sent, words in ((content, ""), (b"", "is empty")):
        writer = threading.Thread(target=pipe.write_bytes, args=[sent], daemon=True)
        writer.start()
        if words:
            with pytest.raises(UserError, match=words):
                load_audio(pipe)
        else:
            assert len(load_audio(pipe)) == 1600
        writer.join(10)


@POSIX
def test_devices_are_told_from_files() -> None:
    for device in ("/dev/null", "/dev/zero"):
        with pytest.raises(UserError, match=r"is a device, not a file"):
            load_audio(device)


@pytest.mark.parametrize(
    ("name", "words"),
    [("gone.wav", "no sound file at"), ("x" * 300, "name too long"), ("a\0b", "no name of a file")],
)
def test_wrong_names(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(UserError, match=rf"(?i){words}") as caught:
        load_audio(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_file_as_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sound file at"):
        load_audio(write(tmp_path / "a.wav") / "b.wav")


@POSIX
def test_a_file_one_may_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "closed.wav")
    path.chmod(0)
    if not os.access(path, os.R_OK):
        with pytest.raises(UserError, match=r"^You may not read .*closed\.wav"):
            load_audio(path)
        return
    program = "import sys; from model_core.audio import load_audio; load_audio(sys.argv[1])"
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    try:
        done = subprocess.run(
            [*drop, sys.executable, "-c", program, str(path)],
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("root may read anything, and setpriv is not there")
    assert "UserError: You may not read" in done.stderr
