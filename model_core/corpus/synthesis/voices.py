"""A synthetic voice and the settings it speaks with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """A voice `name` of a synthesiser `source`, speaking `language`.

    `rate` is relative to the voice's own speed and `pitch` to its own fundamental, where the
    synthesiser can change them: festival keeps every pitch, and its HTS voices their speed.
    """

    source: str
    name: str
    language: str
    rate: float = 1.0
    pitch: float = 1.0

    @property
    def speaker(self) -> str:
        """Speaker name, the same at every rate."""
        return f"{self.source}-{self.name.replace('+', '-').replace(' ', '-')}"
