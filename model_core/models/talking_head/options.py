"""Choices of the paper's recipes."""

from dataclasses import dataclass
from typing import Literal

from ...base.settings import setting
from ...encoding.frozen_encoder import BUNDLED
from ..jambatalk.config import Arrangement, Discretisation, Rope


@dataclass(frozen=True)
class PaperOptions:
    """What the paper varies, and what a machine can bear; the defaults are the paper.

    An encoder that is "bundled" is the one that ships, and is never trained. Without ``lips`` the
    lip reader's vertices are the face rig's, on FLAME's topology.
    """

    arrangement: Arrangement = setting(  # noqa: RUF009 (a field)
        "MoE-MoE", "of the layers, as in Table 2, or with a kind of layer removed"
    )
    rope: Rope = setting(  # noqa: RUF009 (a field)
        "rope", "rotary embedding: plain, the journal version's low-rank learned one, or none"
    )
    discretisation: Discretisation = setting(  # noqa: RUF009 (a field)
        "euler", "of Mamba's B: Euler's step as its code has it, or its paper's zero-order hold"
    )
    plain_gates: bool = setting(
        False, "weigh experts by the router's probabilities (eq. 5), not made to sum to 1"
    )
    width: int | None = setting(None, "d_model", "the preset's")
    heads: int | None = setting(None, "query heads", "the preset's")
    kv_heads: int | None = setting(None, "key and value heads", "the preset's")
    autoregressive: bool = setting(False, "eq. 1 as written: each frame sees the one before")
    encoder: str = setting(
        "facebook/wav2vec2-base-960h", 'folder or hub id of a wav2vec 2.0, or "bundled"'
    )
    freeze_encoder: bool = setting(
        False, "keep the encoder's weights; its features are computed once"
    )
    pairs: bool = setting(
        False, "join the encoder's 50 frames a second in pairs (BIWI), and interpolate none"
    )
    recogniser: str | None = setting(
        None, "folder or hub id of a CTC recogniser: train with the lip reader"
    )
    lips: str | None = setting(
        None, "index list of the lip reader's vertices, FILE or FILE:MASK (see index_lists)"
    )
    initial: str | None = setting(
        None, "folder of a run of the same sizes, whose best weights training begins with"
    )
    epochs: int = setting(200, "passes over the training sentences")
    learning_rate: float = setting(1e-4, "of Adam")
    accumulate: int = setting(1, "sentences a step, in each process")
    precision: Literal["no", "bf16", "fp16"] = setting("no", "mixed precision on a GPU")
    compile: bool = setting(False, "compile the model with torch.compile")

    @property
    def fold(self) -> int:
        """Frames of the encoder in one of the motion; 1 where they are interpolated."""
        return 2 if self.pairs else 1

    @property
    def tunes(self) -> bool:
        """Whether the encoder is trained along."""
        return not self.freeze_encoder and self.encoder != BUNDLED
