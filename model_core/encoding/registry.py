"""The speech encoders there are, chosen by a checkpoint's settings.

A new family is one line of `FAMILIES` and a module with
``load(source, kind, layers, folder, runtime)``.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from ..base.errors import UserError
from ..engine.choice import Runtime
from .speech_encoder import SpeechEncoder
from .whisper.local_whisper_config import LocalWhisperConfig

SHIPPED = "whisper"
"""The family that ships; all others are downloaded, so they need a source."""

FAMILIES = {
    SHIPPED: "whisper.encoder",
    "wav2vec2": "waveform",
    "hubert": "waveform",
    "wavlm": "waveform",
}
"""Family -> module of this package that loads it, imported only when chosen."""


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Which encoder a checkpoint was trained on.

    Attributes:
        kind: the model's family, a key of `FAMILIES`.
        source: folder or hub id of those that do not ship; None for the bundled one.
        layers: how many of its layers are heard side by side, the last one first; others than the
            bundled one have their last layer heard.

    Raises:
        UserError: the kind is unknown, or source is missing or out of place.
    """

    kind: str = SHIPPED
    source: str | None = None
    layers: int = 1

    def __post_init__(self) -> None:
        if self.kind not in FAMILIES:
            raise UserError(
                f"Unknown speech encoder {self.kind!r}; choose one of {', '.join(FAMILIES)}."
            )
        if (self.source is None) != (self.kind == SHIPPED):
            raise UserError("Give a folder or hub id for every speech encoder but whisper.")
        most = LocalWhisperConfig().layers if self.kind == SHIPPED else 1
        if type(self.layers) is not int or not 1 <= self.layers <= most:
            raise UserError(
                f"The speech encoder {self.kind} gives 1 to {most} layers, not {self.layers!r}."
            )


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
    module = import_module(f".{FAMILIES[config.kind]}", __package__)
    chosen = config.source, config.kind, config.layers
    encoder: SpeechEncoder = module.load(*chosen, folder, runtime or Runtime())
    return encoder


@cache
def bundled_encoder() -> SpeechEncoder:
    """Return the encoder that ships with the product, on the CPU, loaded once a process."""
    return load_encoder(EncoderConfig())
