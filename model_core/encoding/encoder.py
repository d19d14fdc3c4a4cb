"""Pretrained speech encoders behind one interface, chosen by a checkpoint's settings."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..base.assets import BUNDLED_ENCODER, ENCODER_FILE
from ..base.errors import UserError
from ..engine.choice import Runtime
from ..speech.audio import Samples

ENCODER_GRAPH = "encoder.onnx"

Features = NDArray[np.float32]
Kind = Literal["whisper", "wav2vec2", "hubert", "wavlm"]


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Which encoder a checkpoint was trained on.

    Attributes:
        kind: the model's family; whisper ships with the product, the others are downloaded.
        source: their folder or hub id; None for whisper.

    Raises:
        UserError: the kind is unknown, or source is missing or out of place.
    """

    kind: Kind = "whisper"
    source: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise UserError(
                f"Unknown speech encoder {self.kind!r}; choose one of {', '.join(get_args(Kind))}."
            )
        if (self.source is None) != (self.kind == "whisper"):
            raise UserError("Give a folder or hub id for every speech encoder but whisper.")


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


def load_encoder(
    config: EncoderConfig, folder: Path | None = None, runtime: Runtime | None = None
) -> SpeechEncoder:
    """Return the encoder a checkpoint names.

    Args:
        config: the choice.
        folder: the checkpoint's folder; its own encoder.safetensors goes first for whisper.
        runtime: what computes it; torch on the CPU if None.

    Raises:
        UserError: the weights are missing, damaged or cannot be downloaded, or the runtime cannot
            run this encoder.
    """
    runtime = runtime or Runtime()
    if config.source is not None:
        runtime.require_torch(f"The speech encoder {config.source}")
        from .waveform import WaveformEncoder

        return WaveformEncoder(config.source, config.kind, runtime.device)
    from .whisper.encoder import WhisperEncoder

    own = folder / ENCODER_FILE if folder else BUNDLED_ENCODER
    return WhisperEncoder(own if own.exists() else BUNDLED_ENCODER, runtime)


@cache
def bundled_encoder() -> SpeechEncoder:
    """Return the encoder that ships with the product, on the CPU, loaded once a process."""
    return load_encoder(EncoderConfig())
