"""A synthetic voice and the settings it speaks with."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Voice:
    """A voice `name` of a synthesiser `source`, speaking `language`.

    `rate` is relative to the voice's own speed and `pitch` to its own fundamental; `settings` are
    the synthesiser's further ones.
    """

    source: str
    name: str
    language: str
    rate: float = 1.0
    pitch: float = 1.0
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def speaker(self) -> str:
        """Speaker name, the same at every rate."""
        return f"{self.source}-{self.name.replace('+', '-').replace(' ', '-')}"
