"""A frozen CTC speech recogniser (wav2vec 2.0, Baevski et al. 2020) for the lip reader's losses."""

from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import UserError


class Hearing(NamedTuple):
    """What the recogniser made of a sentence: hidden states (frames, width), letters (N,)."""

    hidden: NDArray[np.float32]
    letters: NDArray[np.int64]


class Recogniser:
    """Hears sentences; its weights never change.

    Attributes:
        width: of its hidden states.
        letters: size of its alphabet.
        blank: index of CTC's blank.
    """

    def __init__(self, model: Any) -> None:
        self.model = model.eval().requires_grad_(False)
        config = model.config
        self.width, self.letters = int(config.hidden_size), int(config.vocab_size)
        self.blank = int(config.pad_token_id)

    @classmethod
    def load(cls, name: str) -> Self:
        """Load a `Wav2Vec2ForCTC` from a folder or a hub id.

        Raises:
            UserError: it cannot be found or is of another kind.
        """
        from transformers import Wav2Vec2ForCTC

        try:
            return cls(Wav2Vec2ForCTC.from_pretrained(name, dtype=torch.float32))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{name} is not a speech recogniser on this machine or on the hub "
                f"({str(error).splitlines()[0]}); give a folder or an id of a CTC model."
            ) from error

    @torch.no_grad()
    def hear(self, samples: NDArray[np.float32]) -> Hearing:
        """Return the last hidden states and the greedy spelling of samples (N,) at 16 kHz."""
        level = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        found = self.model(torch.from_numpy(level)[None].float(), output_hidden_states=True)
        letters = _collapse(found.logits[0].argmax(dim=-1), self.blank)
        return Hearing(found.hidden_states[-1][0].numpy(), letters.numpy())


def _collapse(best: Tensor, blank: int) -> Tensor:
    """Merge repeats of (frames,) letters and drop the blanks: CTC's greedy reading."""
    merged = torch.unique_consecutive(best)
    return merged[merged != blank]
