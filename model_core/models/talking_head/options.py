"""Choices of the paper's recipes."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PaperOptions:
    """What the paper varies, and what a machine can bear; the defaults are the paper.

    Attributes:
        arrangement: of the layers (Table 2).
        rope: rotary embedding, plain or the journal version's low-rank learned one.
        width: d_model; None for the preset's.
        heads: query heads; None for the preset's.
        kv_heads: key and value heads that they share; None for the preset's.
        autoregressive: eq. 1 as written, taught by the recorded frames.
        encoder: folder or hub id of a wav2vec 2.0, or "bundled" for the encoder that ships.
        freeze_encoder: keep its weights, and compute its features once; "bundled" always does.
        recogniser: folder or hub id of a CTC speech recogniser: trains with the lip reader.
        lips: index list of the lip reader's vertices (see `metrics.index_lists`); None for the
            face rig's, on FLAME's topology.
        epochs: passes over the training sentences.
        learning_rate: of Adam.
        accumulate: sentences whose gradients make one step, in each process.
        precision: "no", "bf16" or "fp16".
        compile: compile the model with torch.compile.
    """

    arrangement: str = "MoE-MoE"
    rope: Literal["rope", "lrl-rope"] = "rope"
    width: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    autoregressive: bool = False
    encoder: str = "facebook/wav2vec2-base-960h"
    freeze_encoder: bool = False
    recogniser: str | None = None
    lips: str | None = None
    epochs: int = 200
    learning_rate: float = 1e-4
    accumulate: int = 1
    precision: Literal["no", "bf16", "fp16"] = "no"
    compile: bool = False

    @property
    def tunes(self) -> bool:
        """Whether the encoder is trained along."""
        return not self.freeze_encoder and self.encoder != "bundled"
