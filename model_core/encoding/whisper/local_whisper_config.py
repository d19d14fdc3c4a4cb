"""Sizes of the bundled speech encoder."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LocalWhisperConfig:
    """Sizes; the defaults are whisper-tiny.en's."""

    dim: int = 384
    layers: int = 4
    heads: int = 6
    hidden: int = 1536
    reach: int = 50  # frames of 20 ms that attention sees on each side
    heard: int = 1  # layers whose frames come out side by side, the last one first

    @property
    def channels(self) -> int:
        """Features a frame."""
        return self.heard * self.dim

    @property
    def context(self) -> int:
        """Frames on each side that an output frame depends on, convolutions included."""
        return self.layers * self.reach + 2
