"""Sizes of MambaTalk's face; nothing here needs torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from ...base.errors import UserError
from ..jambatalk.config import JambaTalkConfig
from .parts import EYES, HEAD, MOUTH, PARTS

_MOST = 1 << 14  # of a size; a damaged file must not ask for all the memory


@dataclass(frozen=True, kw_only=True)
class PriorConfig:
    """Shape of a `PartPrior`, stage 1.

    Published are convolutions of 3 frames, two levels of residual blocks, a width of 256 and 256
    codes, one a frame. Ours codes several frames at once, by several codes: as many a second, and
    a sequence that is shorter for the scans.

    Raises:
        UserError: a size cannot be.
    """

    channels: int  # of the part
    fold: int = 4  # frames in one token
    width: int = 64
    blocks: int = 2  # residual ones on either side
    codes: int = 256
    groups: int = 2  # H, codes a token
    code_width: int = 32  # C
    patience: int = 50  # training steps after which an unused code is put elsewhere

    def __post_init__(self) -> None:
        _check(self, *(name for name in asdict(self)))

    @property
    def latent(self) -> int:
        """H C, the width of a token's codes."""
        return self.groups * self.code_width


@dataclass(frozen=True, kw_only=True)
class ScanConfig:
    """Shape of the `Scans`, stage 2: stacks of the default model's layers.

    M is a Mamba layer, E one with experts, T attention; the paper has M alone, and attention for
    the parts of the body. Attention sees both sides, which drawing needs.

    Raises:
        UserError: a size cannot be, or a layer is of no kind that there is.
    """

    inputs: int  # C, features a frame
    styles: int
    fold: int = 4  # frames in one token
    width: int = 64
    hidden: int = 128  # of each feed-forward network and each expert
    heads: int = 4
    window: int = 60  # tokens on each side that attention sees
    dropout: float = 0.0
    speech: str = "M"  # layers over what is heard
    body: str = "M"  # over what is known of all parts
    joint: str = "ET"  # the global scan
    local: str = "MT"  # each part's

    def __post_init__(self) -> None:
        _check(self, "inputs", "styles", "fold", "width", "hidden", "heads", "window")
        stacks = (self.speech, self.body, self.joint, self.local)
        if not all(isinstance(each, str) and set(each) <= set("MET") for each in stacks):
            raise UserError(f"Layers are M, E and T, not {', '.join(map(repr, stacks))}.")
        self.layer()

    def layer(self) -> JambaTalkConfig:
        """Return what the default model calls a layer of these sizes."""
        return JambaTalkConfig(
            inputs=self.inputs,
            outputs=1,
            d_model=self.width,
            hidden=self.hidden,
            heads=self.heads,
            kv_heads=max(1, self.heads // 2),
            window=self.window,
            dropout=self.dropout,
        )


@dataclass(frozen=True, kw_only=True)
class MambaTalkConfig:
    """Shape of a `MambaTalk`, and how it draws.

    Attributes:
        fps: frames a second.
        priors: of each part.
        scans: stage 2.
        draws: how many tokens lie between two that are drawn at once; see
            `networks.drawn_life`.

    Raises:
        UserError: parts are missing, or do not go together.
    """

    fps: float
    priors: Mapping[str, PriorConfig]
    scans: ScanConfig
    draws: int = 16

    def __post_init__(self) -> None:
        if set(self.priors) != set(PARTS):
            raise UserError(f"MambaTalk has the parts {', '.join(PARTS)}.")
        if {prior.fold for prior in self.priors.values()} != {self.scans.fold}:
            raise UserError("All parts must have as many frames in a token as the scans.")
        _check(self, "draws")

    @classmethod
    def default(cls, inputs: int, styles: int) -> Self:
        """Return sizes that a CPU trains in half an hour."""
        groups = {MOUTH: 4, EYES: 2, HEAD: 2}
        priors = {
            part: PriorConfig(channels=len(names), groups=groups[part])
            for part, names in PARTS.items()
        }
        return cls(fps=30.0, priors=priors, scans=ScanConfig(inputs=inputs, styles=styles))

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """Make one from what JSON keeps of it."""
        priors = {part: PriorConfig(**prior) for part, prior in fields["priors"].items()}
        return cls(**{**fields, "priors": priors, "scans": ScanConfig(**fields["scans"])})

    def plain(self) -> dict[str, Any]:
        """Return what JSON keeps."""
        return asdict(self)


def _check(config: Any, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if type(value) is not int or not 1 <= value <= _MOST:
            raise UserError(f"{name} must be a whole number from 1 to {_MOST}, not {value!r}.")
