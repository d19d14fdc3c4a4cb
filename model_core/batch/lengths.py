"""How long sounds are, as far as their headers tell, to plan by; nothing depends on it."""

import wave
from contextlib import suppress
from pathlib import Path

_BYTES_A_SECOND = 32_000  # where nothing is known: between speech as WAV and as MP3
_UNKNOWN = 1.0


def seconds_of(path: Path | None) -> float:
    """Return a sound's length in seconds, guessed where its header does not tell."""
    if path is None:
        return _UNKNOWN
    with suppress(ImportError, OSError, RuntimeError, ValueError):  # or a name that is no text
        import soundfile  # Blender's own Python has none

        return float(soundfile.info(str(path)).duration)
    with suppress(OSError, EOFError, wave.Error, ZeroDivisionError), wave.open(str(path)) as sound:
        return sound.getnframes() / sound.getframerate()
    with suppress(OSError):
        return path.stat().st_size / _BYTES_A_SECOND
    return _UNKNOWN
