"""The bundled encoder: whisper-tiny.en's, for clips of any length."""

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from ..audio import SAMPLE_RATE, Samples
from ..encoder import BUNDLED_WEIGHTS, Features, SpeechEncoder
from ..errors import UserError
from . import log_mel
from .local_whisper import LocalWhisper, LocalWhisperConfig


class WhisperEncoder(SpeechEncoder):
    """A `LocalWhisper` with its log-mel front end; one normalisation per clip.

    Blocks are encoded with all the context their frames depend on, so where they fall does not
    show in the features.

    Args:
        weights: safetensors file written by `encoders.import_whisper`.
        device: where to run.
        block_seconds: length of a block; more costs memory, less costs time.

    Raises:
        UserError: the weights are missing or are not those of this encoder.
    """

    def __init__(
        self,
        weights: Path = BUNDLED_WEIGHTS,
        device: str = "cpu",
        block_seconds: float = 120.0,
    ) -> None:
        config = LocalWhisperConfig()
        self.channels = config.dim
        self.device = torch.device(device)
        self.model = LocalWhisper(config).eval().to(self.device)
        self.block = max(1, round(block_seconds * self.rate))
        _load_weights(self.model, weights)

    def blocks(self, samples: Samples) -> Iterator[Features]:
        """Yield the features of samples (N,) as blocks (n, C)."""
        frames = max(1, ceil(len(samples) / SAMPLE_RATE * self.rate))
        peak = log_mel.peak_energy(samples, 2 * frames)
        context = self.model.config.context
        for first in range(0, frames, self.block):
            last = min(first + self.block, frames)
            begin, end = max(0, first - context), min(frames, last + context)
            energies = log_mel.log_energies(samples, 2 * begin, 2 * end)
            keep = slice(first - begin, last - begin)
            yield self._run(log_mel.normalise(energies, peak), keep)

    @torch.inference_mode()
    def _run(self, mel: Features, keep: slice) -> Features:
        """(80, 2 n) -> (m, C), the frames to keep."""
        frames: Features = self.model(torch.from_numpy(mel).to(self.device), keep).cpu().numpy()
        return frames


def _load_weights(model: torch.nn.Module, path: Path) -> None:
    """Fill a model from a file of half-precision weights."""
    try:
        stored = load_file(path)
        model.load_state_dict({name: value.float() for name, value in stored.items()})
    except FileNotFoundError:
        raise UserError(f"The speech encoder {path} is missing; install again.") from None
    except (SafetensorError, RuntimeError, OSError) as error:
        raise UserError(f"{path} is not the speech encoder's weights; install again.") from error
