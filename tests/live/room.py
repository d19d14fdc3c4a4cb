"""A microphone in software: PulseAudio with one source, which hears what a test says into it.

Needs the programs pulseaudio and pactl, PortAudio and ALSA's plugin for PulseAudio (on Debian
pulseaudio, pulseaudio-utils, libportaudio2, libasound2-plugins), and no sound card.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16000
_STEP = 0.01  # s of sound that is said at once
_PATIENCE = 20.0
_ALSA = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"


def missing() -> str:
    """Return why there can be no such room here, or nothing."""
    if find_spec("sounddevice") is None:
        return "sounddevice is not installed"
    if not (shutil.which("pulseaudio") and shutil.which("pactl")):
        return "pulseaudio is not installed"
    try:
        import sounddevice  # noqa: F401 - which looks for PortAudio
    except OSError:
        return "PortAudio is not installed"
    return ""


class Room:
    """A sound server of its own with one microphone.

    Args:
        folder: for its sockets and settings.
        rate: of the microphone, samples a second.
        channels: of the microphone; all are said the same into.

    Attributes:
        environment: of the programs that are to hear it.
        began: when the first sample was said, by the monotonic clock.
    """

    def __init__(self, folder: Path, rate: int = 48000, channels: int = 1) -> None:
        self._rate, self._channels, self._mute = rate, channels, Event()
        self._pipe = folder / "voice"
        settings = folder / "asound.conf"
        settings.write_text(_ALSA)
        (folder / "run").mkdir(mode=0o700)
        own = {"XDG_RUNTIME_DIR": str(folder / "run"), "HOME": str(folder)}
        self.environment: Mapping[str, str] = own | {"ALSA_CONFIG_PATH": str(settings)}
        self.began = 0.0
        self._speaker: Thread | None = None
        self._server = self._served(folder)
        os.set_blocking(voice := os.open(self._pipe, os.O_WRONLY), True)
        self._voice = voice

    def _served(self, folder: Path) -> "subprocess.Popen[bytes]":
        """Start the server, and wait for it."""
        source = f"module-pipe-source file={self._pipe} source_name=mouth format=float32le"
        source += f" rate={self._rate} channels={self._channels}"
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        modules = ["-L", "module-native-protocol-unix", "-L", source]
        with (folder / "pulse.log").open("wb") as log:
            server = subprocess.Popen(
                ["pulseaudio", *options, *modules], env=self._whole, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _PATIENCE
        while self.control("set-default-source", "mouth"):
            if time.monotonic() > deadline or server.poll() is not None:
                server.kill()
                raise RuntimeError((folder / "pulse.log").read_text())
            time.sleep(0.05)
        return server

    @property
    def _whole(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def control(self, *command: str) -> int:
        """Run a command of the server's; return its exit status."""
        return subprocess.run(
            ["pactl", *command], env=self._whole, capture_output=True, check=False
        ).returncode

    def say(self, sound: NDArray[np.float32]) -> None:
        """Say a sound (N,) at 16 kHz at the pace of speech, from now on, and then be silent."""
        import soxr

        loud = soxr.resample(sound, SAMPLE_RATE, self._rate, quality="HQ").astype("<f4")
        frames = np.repeat(loud[:, None], self._channels, axis=1)
        self.began = time.monotonic()
        self._speaker = Thread(target=self._speak, args=(frames,), daemon=True)
        self._speaker.start()

    def _speak(self, frames: NDArray[np.float32]) -> None:
        """Say frames (N, channels) when they are due."""
        size, number = round(_STEP * self._rate), 0
        with suppress(BrokenPipeError):  # the microphone was unplugged
            while not self._mute.is_set():
                part = frames[number * size : (number + 1) * size]
                rest = np.zeros((size - len(part), self._channels), "<f4")
                number += 1
                time.sleep(max(0.0, self.began + number * _STEP - time.monotonic()))
                os.write(self._voice, np.concatenate([part, rest]).tobytes())

    def unplug(self) -> None:
        """Take the microphone away."""
        self.control("unload-module", "module-pipe-source")

    def crash(self) -> None:
        """End the server at once."""
        self._server.kill()
        self._server.wait()

    def close(self) -> None:
        """End all of it."""
        self._mute.set()
        self.crash()
        if self._speaker is not None:
            self._speaker.join()
        os.close(self._voice)
