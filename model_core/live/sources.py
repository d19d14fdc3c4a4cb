"""Where live sound comes from: a file in the place of a microphone, or a microphone."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..base.errors import UserError
from ..speech.audio import SAMPLE_RATE, Samples
from .resampler import LiveResampler

_SILENT_SECONDS = 2.0  # without a block, after which a device is taken to be gone


def chunks_of(samples: Samples, seconds: float, paced: bool = False) -> Iterator[Samples]:
    """Yield samples (N,) at 16 kHz in chunks of so many seconds, at least a sample each.

    Args:
        samples: the sound.
        seconds: of a chunk.
        paced: each comes when it would end if the sound were live.
    """
    size, started = max(1, round(seconds * SAMPLE_RATE)), time.monotonic()
    for first in range(0, len(samples), size):
        chunk = samples[first : first + size]
        if paced:
            wait = started + (first + len(chunk)) / SAMPLE_RATE - time.monotonic()
            time.sleep(max(0.0, wait))
        yield chunk


@contextmanager
def microphone(seconds: float) -> Iterator[tuple[float, Iterator[Samples]]]:
    """Open the default microphone.

    Args:
        seconds: of a chunk; what has come meanwhile comes at once.

    Yields:
        How many seconds late the system tells a sound, by what it says itself; and chunks (n,) at
        16 kHz as they come, without end.

    Raises:
        UserError: the package sounddevice or a microphone is missing, or it went away.
    """
    library = _library()
    blocks: queue.SimpleQueue[Samples | None] = queue.SimpleQueue()
    try:
        rate = _rate_of_default(library)
        stream = library.InputStream(
            samplerate=rate,
            blocksize=max(1, round(seconds * rate)),
            channels=1,
            dtype="float32",
            callback=lambda block, *_: blocks.put(block[:, 0].copy()),
            finished_callback=lambda: blocks.put(None),
        )
        with stream:
            yield float(stream.latency), map(LiveResampler(rate), _blocks(blocks))
    except (library.PortAudioError, ValueError) as error:
        raise UserError(
            f"The microphone cannot be used ({error}); plug one in, or choose another as the "
            "system's default."
        ) from error


def _rate_of_default(library: Any) -> float:
    """Return the samples a second of the default microphone. Raises `UserError` if none is."""
    library._terminate()  # or what was plugged in since the library was loaded is not known
    library._initialize()
    if library.query_hostapis() and library.default.device[0] >= 0:
        return float(library.query_devices(kind="input")["default_samplerate"])
    raise UserError("There is no microphone; plug one in, or choose one as the system's default.")


def _blocks(blocks: "queue.SimpleQueue[Samples | None]") -> Iterator[Samples]:
    """Yield what the device has given. Raises `UserError` when it gives nothing any more."""
    while True:
        try:
            come = [blocks.get(timeout=_SILENT_SECONDS)]
        except queue.Empty:
            raise UserError("The microphone gives no sound any more; was it unplugged?") from None
        while not blocks.empty():  # computing was late: all at once is quicker
            come.append(blocks.get())
        heard = [block for block in come if block is not None]
        if heard:
            yield np.concatenate(heard)
        if len(heard) < len(come):
            raise UserError("The microphone was stopped by the system; plug it in and start again.")


def _library() -> Any:
    """Return sounddevice. Raises `UserError` if it is not there or cannot be used."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: its own library is not there
        raise UserError(
            "The microphone needs the package sounddevice (and PortAudio); install it with "
            "`pip install sounddevice`, or give a sound file."
        ) from error
    return sounddevice
