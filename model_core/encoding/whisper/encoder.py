"""The bundled encoder: whisper-tiny.en's, for clips of any length."""

from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path

from ...base.arrays import Array
from ...base.assets import BUNDLED_ENCODER, ENCODER_FILE, ENCODER_GRAPH
from ...engine.choice import Runtime
from ...speech.audio import SAMPLE_RATE, Samples
from ..speech_encoder import SpeechEncoder
from . import log_mel
from .local_whisper_config import LocalWhisperConfig

Network = Callable[[Array, slice], Array]
"""Log-mel frames (80, 2 n) and which of the n frames to keep -> features (m, C) of those."""


class WhisperEncoder(SpeechEncoder):
    """A `LocalWhisper` with its log-mel front end; one normalisation per clip.

    Blocks are encoded with all the context their frames depend on, so where they fall does not
    show in the features.

    Args:
        weights: safetensors file written by `import_whisper`.
        runtime: what computes it.
        block_seconds: length of a block; more costs memory, less costs time.

    Raises:
        UserError: the weights are missing or are not those of this encoder.
    """

    def __init__(
        self,
        weights: Path = BUNDLED_ENCODER,
        runtime: Runtime | None = None,
        block_seconds: float = 120.0,
    ) -> None:
        config = LocalWhisperConfig()
        self.channels, self.context = config.dim, config.context
        self.block = max(1, round(block_seconds * self.rate))
        self._run = _network(weights, config, runtime or Runtime())

    def blocks(self, samples: Samples) -> Iterator[Array]:
        """Yield the features of samples (N,) as blocks (n, C)."""
        frames = max(1, ceil(len(samples) / SAMPLE_RATE * self.rate))
        peak = log_mel.peak_energy(samples, 2 * frames)
        for first in range(0, frames, self.block):
            last = min(first + self.block, frames)
            begin, end = max(0, first - self.context), min(frames, last + self.context)
            energies = log_mel.log_energies(samples, 2 * begin, 2 * end)
            keep = slice(first - begin, last - begin)
            yield self._run(log_mel.normalise(energies, peak), keep)


def load(_source: None, _kind: str, folder: Path | None, runtime: Runtime) -> WhisperEncoder:
    """Return the bundled encoder, with a checkpoint folder's own weights if it has some."""
    own = folder / ENCODER_FILE if folder else BUNDLED_ENCODER
    return WhisperEncoder(own if own.exists() else BUNDLED_ENCODER, runtime)


def _network(weights: Path, config: LocalWhisperConfig, runtime: Runtime) -> Network:
    """Return what turns spectra into features."""
    if runtime.uses_torch:
        from .torch_network import TorchEncoder

        return TorchEncoder(weights, config, runtime.device)
    from ...engine.onnx_graph import OnnxGraph

    graph = OnnxGraph(weights.with_name(ENCODER_GRAPH))
    return lambda mel, keep: graph(mel)[keep]
