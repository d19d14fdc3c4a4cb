"""Sizes of GLDiTalker; nothing here needs torch."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from ...base.errors import UserError


@dataclass(frozen=True, kw_only=True)
class SpaceConfig:
    """Shape of a `QuantisedSpace`, stage 1.

    The paper prints the spirals and the number of graph layers; the other defaults are CodeTalker's
    and SpiralNet++'s, on which it builds.

    Raises:
        UserError: two sizes do not go together.
    """

    vertices: int  # V
    rows: tuple[int, ...] = ()  # vertices that each graph layer keeps; none: one linear map instead
    channels: tuple[int, ...] = (32, 64, 64, 128)  # of each graph layer
    kernel: int = 9  # vertices of a spiral
    width: int = 1024  # of a frame
    layers: int = 6  # of each temporal transformer
    heads: int = 8
    hidden: int = 1536  # of its feed-forward networks
    codes: int = 256
    parts: int = 16  # H, codes a frame
    code_width: int = 64  # C
    patience: int = 200  # training steps after which an unused code is put elsewhere

    def __post_init__(self) -> None:
        if self.rows and len(self.rows) != len(self.channels):
            raise UserError(
                f"{len(self.rows)} graph layers need as many channels, not {len(self.channels)}."
            )
        _check(self, "vertices", "kernel", "width", "layers", "heads", "hidden", "codes", "parts")
        _check_heads(self.width, self.heads)

    @property
    def latent(self) -> int:
        """H C, the width of a frame's codes."""
        return self.parts * self.code_width


@dataclass(frozen=True, kw_only=True)
class DiffusionConfig:
    """Shape of a `LatentDiffusion`, stage 2. Printed are its parts; the sizes are ours.

    Raises:
        UserError: two sizes do not go together.
    """

    latent: int  # of a frame: H C, or 3 V without stage 1
    inputs: int  # of the speech features of a frame
    styles: int  # training subjects
    period: int  # frames, of the attention's bias
    width: int = 512  # d
    layers: int = 1
    heads: int = 4
    hidden: int = 1024
    steps: int = 500  # N

    def __post_init__(self) -> None:
        _check(self, "latent", "inputs", "styles", "period", "width", "layers", "hidden", "steps")
        _check_heads(self.width, self.heads)


@dataclass(frozen=True, kw_only=True)
class GLDiTalkerConfig:
    """Shape of a `GLDiTalker`, and how it draws.

    Attributes:
        fps: frames a second.
        vertices: V.
        space: stage 1; None: the diffusion runs on the vertices themselves.
        diffusion: stage 2.
        draws: DDIM steps of a sample.
        requantise: whether what was drawn is put onto the nearest codes before it is decoded.
    """

    fps: float
    vertices: int
    space: SpaceConfig | None
    diffusion: DiffusionConfig
    draws: int = 25
    requantise: bool = False

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """Make one from what JSON keeps of it."""
        space = fields["space"]
        if space is not None:
            space = SpaceConfig(**{name: _frozen(value) for name, value in space.items()})
        diffusion = DiffusionConfig(**fields["diffusion"])
        return cls(**{**fields, "space": space, "diffusion": diffusion})

    def plain(self) -> dict[str, Any]:
        """Return what JSON keeps."""
        return asdict(self)


_MOST = 1 << 20  # of a size; a damaged file must not ask for all the memory


def _check(config: SpaceConfig | DiffusionConfig, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if type(value) is not int or not 1 <= value <= _MOST:
            raise UserError(f"{name} must be a whole number from 1 to {_MOST}, not {value!r}.")


def _check_heads(width: int, heads: int) -> None:
    if heads < 1 or width % (2 * heads):
        raise UserError(f"The width {width} must be an even multiple of its {heads} heads.")


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
