"""Pretrained speech encoders behind one interface, chosen by a checkpoint's settings."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from .audio import SAMPLE_RATE, Samples
from .encoders import log_mel
from .encoders.local_whisper import LocalWhisper, LocalWhisperConfig
from .errors import UserError

BUNDLED_WEIGHTS = Path(__file__).resolve().parent / "assets" / "default" / "encoder.safetensors"

Features = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Which encoder a checkpoint was trained on.

    Attributes:
        kind: the model's family; whisper is the one that needs no download.
        source: folder or hub id of the weights; None for those that ship with the product.
    """

    kind: Literal["whisper", "wav2vec2", "hubert", "wavlm"] = "whisper"
    source: str | None = None


class SpeechEncoder(ABC):
    """Samples at 16 kHz -> frames of features, whatever the length.

    Attributes:
        channels: features a frame, C.
        rate: frames a second.
        delay: time in seconds of the middle of what frame 0 hears.
    """

    channels: int
    rate: float = 50.0
    delay: float = 0.0

    @abstractmethod
    def blocks(self, samples: Samples) -> Iterator[Features]:
        """Yield the features of samples (N,) as consecutive blocks (n, C), all the clip in all."""

    def encode(self, samples: Samples) -> Features:
        """Return the features (T, C) of samples (N,)."""
        return np.concatenate(list(self.blocks(samples)))


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
        device: torch.device | str = "cpu",
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
            yield self._run(log_mel.normalise(energies, peak))[first - begin : last - begin]

    @torch.inference_mode()
    def _run(self, mel: Features) -> Features:
        """(80, 2 n) -> (n, C)."""
        features: Features = self.model(torch.from_numpy(mel).to(self.device)).cpu().numpy()
        return features


def _load_weights(model: torch.nn.Module, path: Path) -> None:
    """Fill a model from a file of half-precision weights."""
    try:
        stored = load_file(path)
        model.load_state_dict({name: value.float() for name, value in stored.items()})
    except FileNotFoundError:
        raise UserError(f"The speech encoder {path} is missing; install again.") from None
    except (SafetensorError, RuntimeError, OSError) as error:
        raise UserError(f"{path} is not the speech encoder's weights; install again.") from error


def load_encoder(
    config: EncoderConfig, folder: Path | None = None, device: torch.device | str = "cpu"
) -> SpeechEncoder:
    """Return the encoder a checkpoint names.

    Args:
        config: the choice.
        folder: the checkpoint's folder, whose own encoder.safetensors goes first for whisper.
        device: where to run.

    Raises:
        UserError: the weights are missing, damaged or cannot be downloaded.
    """
    if config.kind == "whisper":
        own = folder / BUNDLED_WEIGHTS.name if folder else BUNDLED_WEIGHTS
        return WhisperEncoder(own if own.exists() else BUNDLED_WEIGHTS, device)
    from .encoders.waveform import WaveformEncoder  # transformers takes seconds to import

    return WaveformEncoder(config.kind, config.source, device)


@cache
def bundled_encoder() -> SpeechEncoder:
    """Return the encoder that ships with the product, on the CPU, loaded once a process."""
    return WhisperEncoder()
