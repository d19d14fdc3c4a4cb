"""Choices of the paper's recipes."""

from dataclasses import dataclass
from typing import Literal

from ...base.settings import setting
from ...encoding.frozen_encoder import BUNDLED


@dataclass(frozen=True)
class PaperOptions:
    """What the paper varies, and what a machine can bear; the defaults are the paper.

    An encoder that is "bundled" is the one that ships, and is never trained. Without ``lips`` the
    lip reader's vertices are the face rig's, on FLAME's topology.
    """

    arrangement: Literal["M-MoE", "MoE-MoE", "M-M", "MoE-M"] = setting(
        "MoE-MoE", "of the layers, as in Table 2"
    )
    rope: Literal["rope", "lrl-rope"] = setting(
        "rope", "rotary embedding: plain, or the journal version's low-rank learned one"
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
    recogniser: str | None = setting(
        None, "folder or hub id of a CTC recogniser: train with the lip reader"
    )
    lips: str | None = setting(
        None, "index list of the lip reader's vertices, FILE or FILE:MASK (see index_lists)"
    )
    epochs: int = setting(200, "passes over the training sentences")
    learning_rate: float = setting(1e-4, "of Adam")
    accumulate: int = setting(1, "sentences a step, in each process")
    precision: Literal["no", "bf16", "fp16"] = setting("no", "mixed precision on a GPU")
    compile: bool = setting(False, "compile the model with torch.compile")

    @property
    def tunes(self) -> bool:
        """Whether the encoder is trained along."""
        return not self.freeze_encoder and self.encoder != BUNDLED
