"""Sizes of JambaTalk's decoder; nothing here needs torch."""

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from ...base.errors import UserError
from ...encoding.features import BANDS

TABLE_2 = {  # the first layer left and right of the Transformer; sides alternate
    "M-MoE": "MEMTEME",
    "MoE-MoE": "EMETEME",
    "M-M": "MEMTMEM",
    "MoE-M": "EMETMEM",
}
REMOVALS = {  # what Table 2 does not take away: kinds of layers, of MoE-MoE
    "no-T": "EMEEME",
    "no-MoE": "MMMTMMM",
    "all-M": "MMMMMMM",
    "all-E": "EEEEEEE",
    "all-T": "TTTTTTT",
}
ARRANGEMENTS = TABLE_2 | REMOVALS

Arrangement = Literal[
    "M-MoE", "MoE-MoE", "M-M", "MoE-M", "no-T", "no-MoE", "all-M", "all-E", "all-T"
]
Head = Literal["gated", "vertices"]
Rope = Literal["rope", "lrl-rope", "none"]
Discretisation = Literal["euler", "hold"]


@dataclass(frozen=True, kw_only=True)
class JambaTalkConfig:
    """Shape of a `JambaTalk`.

    Raises:
        UserError: two sizes do not go together, or a name is unknown.
    """

    inputs: int  # C, features a frame
    lower: int = 0  # of these, from lower layers of the encoder, mixed into the last one's
    outputs: int  # basis weights K, or vertices * 3
    tongue: int = 0  # channels of the tongue beside them, by a head of their own
    styles: int = 1  # training subjects or speaking styles
    manners: int = 0  # numbers a frame that vary a style, by a head of their own
    head: Head = "gated"  # basis weights by a `RegimeHead`, or vertices by one linear map
    fps: float = 60.0  # of features and motion
    fold: int = 2  # frames in one token
    lookahead: int = 0  # frames on each side that the input convolution sees; 0: none
    arrangement: str = "MoE-MoE"
    d_model: int = 192
    d_state: int = 16  # N
    d_conv: int = 4
    expand: int = 2  # d_inner = expand * d_model
    hidden: int = 384  # of each feed-forward network and each expert
    experts: int = 4
    top_k: int = 2
    heads: int = 6
    kv_heads: int = 2
    window: int | None = 60  # tokens on each side that attention sees; None: all
    causal: bool = False  # attention sees past frames only, as streaming needs
    rope: Rope = "rope"
    discretisation: Discretisation = "euler"  # of Mamba's B
    plain_gates: bool = False  # weigh experts by eq. 5 as printed, not made to sum to 1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _check_numbers(self)
        if self.arrangement not in ARRANGEMENTS:
            raise UserError(
                f"Unknown arrangement {self.arrangement!r}; choose from {', '.join(ARRANGEMENTS)}."
            )
        if self.d_model % (2 * self.heads):
            raise UserError(
                f"d_model {self.d_model} must be an even multiple of its {self.heads} heads."
            )
        if self.heads % self.kv_heads:
            raise UserError(
                f"{self.heads} query heads cannot share {self.kv_heads} key heads evenly."
            )
        if not 1 <= self.top_k <= self.experts:
            raise UserError(f"top_k {self.top_k} must lie between 1 and {self.experts} experts.")
        if self.rope not in get_args(Rope) or self.head not in get_args(Head):
            raise UserError(f"Unknown rope {self.rope!r} or head {self.head!r}.")
        if self.discretisation not in get_args(Discretisation):
            raise UserError(f"Unknown discretisation {self.discretisation!r}; euler or hold.")

    @property
    def heard(self) -> int:
        """Features a frame once lower layers are mixed into the last one."""
        return self.inputs - self.lower

    @property
    def layer(self) -> int:
        """Features a frame of the encoder's last layer, which come first."""
        return self.heard - BANDS

    @property
    def drifts(self) -> int:
        """Numbers a frame that make a take: shares of the styles, then manners."""
        return self.styles + self.manners

    @property
    def streams(self) -> bool:
        """Whether an output frame depends on no later token."""
        return self.causal and self.lookahead == 0

    @classmethod
    def default(cls, inputs: int, outputs: int, styles: int) -> Self:
        """The bundled model: 60 frames a second as tokens of two, linear-time attention."""
        return cls(
            inputs=inputs,
            outputs=outputs,
            styles=styles,
            lookahead=6,
            d_model=128,
            hidden=256,
            heads=4,
        )

    @classmethod
    def paper_vocaset(cls, inputs: int = 1024, arrangement: str = "MoE-MoE") -> Self:
        """VOCASET as published: 5023 vertices at 30 fps, 8 training subjects."""
        return cls(
            inputs=inputs,
            outputs=5023 * 3,
            styles=8,
            head="vertices",
            fps=30.0,
            fold=1,
            arrangement=arrangement,
            d_model=512,
            hidden=1024,
            heads=8,
            window=None,
        )

    @classmethod
    def paper_biwi(
        cls, inputs: int = 1024, arrangement: str = "MoE-MoE", vertices: int = 23370
    ) -> Self:
        """BIWI as published: 25 fps, 6 training subjects; the release keeps 3895 vertices."""
        vocaset = cls.paper_vocaset(inputs, arrangement)
        return replace(vocaset, outputs=vertices * 3, styles=6, fps=25.0, d_model=1024, hidden=2048)


_SIZES = ("d_model", "d_state", "d_conv", "expand", "hidden", "experts", "top_k")
_MOST = 1 << 14  # of a size; a damaged file must not ask for all the memory
_MOST_OUTPUTS = 1 << 20


def _check_numbers(config: JambaTalkConfig) -> None:
    """Raise `UserError` unless numbers are numbers and of a size that can be meant."""
    names = (*_SIZES, "inputs", "styles", "fold", "heads", "kv_heads")
    limits = dict.fromkeys(names, (1, _MOST))
    limits |= {"outputs": (1, _MOST_OUTPUTS)}
    limits |= dict.fromkeys(("lookahead", "tongue", "manners"), (0, _MOST))
    if config.window is not None:
        limits["window"] = (1, _MOST_OUTPUTS)
    if type(config.inputs) is int:  # else it is refused itself
        limits["lower"] = (0, max(0, config.inputs - BANDS - 1))
    for name, (least, most) in limits.items():
        value = getattr(config, name)
        if type(value) is not int or not least <= value <= most:
            raise UserError(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    for name, least, most in (("fps", 1, 1000), ("dropout", 0, 1)):
        value = getattr(config, name)
        if type(value) not in {int, float} or not least <= value <= most:
            raise UserError(f"{name} must be a number from {least} to {most}, not {value!r}.")
