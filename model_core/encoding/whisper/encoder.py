"""The bundled encoder: whisper-tiny.en's, for clips of any length."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil, inf
from pathlib import Path
from typing import Protocol

from ...base.arrays import Array
from ...base.assets import BUNDLED_ENCODER, ENCODER_FILE
from ...engine.choice import Runtime
from ...speech.audio import SAMPLE_RATE, Samples
from ..loudness import ClipLoudness, Loudness
from ..sound_so_far import SoundSoFar
from ..speech_encoder import SpeechEncoder
from . import log_mel
from .local_whisper_config import LocalWhisperConfig

_SHORTEST = 5.0  # seconds of a part that a core of its own is worth


class Network(Protocol):
    """What computes the encoder.

    Attributes:
        threads: how many parts of a sound are best encoded at once.
    """

    threads: int

    def __call__(self, mel: Array, keep: slice) -> Array:
        """Return features (m, C): log-mel frames (80, 2 n), and which of the n to keep."""

    def together(self, jobs: Sequence[Callable[[], Array]]) -> Iterator[Array]:
        """Yield the results of jobs that call it, in order."""


class WhisperEncoder(SpeechEncoder):
    """A `LocalWhisper` with its log-mel front end; one normalisation per block.

    Blocks are encoded with all the context their frames depend on, so where they fall does not
    show in the features, nor do chunks, if the loudness is the clip's.

    Args:
        weights: safetensors file written by `import_whisper`.
        runtime: what computes it.
        block_seconds: length of a block; more costs memory, less costs time.
        layers: how many are heard, the last one first.

    Raises:
        UserError: the weights are missing or are not those of this encoder.
    """

    def __init__(
        self,
        weights: Path = BUNDLED_ENCODER,
        runtime: Runtime | None = None,
        block_seconds: float = 40.0,
        layers: int = 1,
    ) -> None:
        config = LocalWhisperConfig(heard=layers)
        self.channels, self.context = config.channels, config.context
        self.block_seconds = block_seconds
        self._run = _network(weights, config, runtime or Runtime())

    def blocks(self, samples: Samples) -> Iterator[Array]:
        """Yield the features of samples (N,) as blocks (n, C)."""
        return self.stream([samples], ClipLoudness(samples), inf)

    def stream(self, chunks: Iterable[Samples], loudness: Loudness, step: float) -> Iterator[Array]:
        """Yield blocks (n, C) of `step` seconds once they and 4 s after them were heard.

        Blocks of the longest length wait for each other, so that every thread has one. At the end
        all that is left; arguments as of `SpeechEncoder.stream`.
        """
        block = max(1, round(min(self.block_seconds, step) * self.rate))
        several = self._run.threads if step > self.block_seconds else 1
        sound, first = SoundSoFar(), 0
        for chunk in chunks:
            sound.append(chunk)
            ready = []
            while sound.end >= log_mel.samples_of(2 * (first + several * block + self.context)):
                for _ in range(several):
                    new = slice(first, first + block)
                    ready.append(self._job(sound, new, new.stop + self.context, loudness.peak))
                    first += block
            yield from self._run.together(ready)
        sound.close()
        frames = max(1, ceil(sound.end / SAMPLE_RATE * self.rate))
        share = max(ceil((frames - first) / self._run.threads), round(_SHORTEST * self.rate))
        left = []
        for begin in range(first, frames, min(block, share)):
            new = slice(begin, min(begin + min(block, share), frames))
            end = min(frames, new.stop + self.context)
            left.append(self._job(sound, new, end, loudness.peak))
        yield from self._run.together(left)

    def _job(self, sound: SoundSoFar, new: slice, end: int, peak: float) -> Callable[[], Array]:
        """Return what encodes the new frames, seeing up to `end`; forget what only they need."""
        begin = max(0, new.start - self.context)
        samples, origin = sound.samples, sound.origin
        sound.forget(log_mel.first_sample(2 * max(0, new.stop - self.context)))
        keep = slice(new.start - begin, new.stop - begin)

        def encode() -> Array:
            energies = log_mel.log_energies(samples, 2 * begin, 2 * end, origin)
            return self._run(log_mel.normalise(energies, peak), keep)

        return encode


def load(
    _source: None, _kind: str, layers: int, folder: Path | None, runtime: Runtime
) -> WhisperEncoder:
    """Return the bundled encoder, with a checkpoint folder's own weights if it has some."""
    own = folder / ENCODER_FILE if folder else BUNDLED_ENCODER
    weights = own if own.exists() else BUNDLED_ENCODER
    return WhisperEncoder(weights, runtime, layers=layers)


def _network(weights: Path, config: LocalWhisperConfig, runtime: Runtime) -> Network:
    """Return what turns spectra into features."""
    if runtime.uses_torch:
        from .torch_network import TorchEncoder

        return TorchEncoder(weights, config, runtime.device)
    from .onnx_network import OnnxEncoder

    return OnnxEncoder(weights, config.channels)
