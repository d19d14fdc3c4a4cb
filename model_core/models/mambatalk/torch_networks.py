"""The networks of a MambaTalk computed by torch."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ...base.arrays import Array
from .network import MambaTalk
from .networks import LIVING, Codes, Guess, Hidden


class TorchNetworks:
    """A `MambaTalk` where it is."""

    def __init__(self, model: MambaTalk) -> None:
        self.model = model.eval()

    @torch.inference_mode()
    def guess(self, heard: Array, style: Array, codes: Codes, hidden: Hidden) -> Guess:
        """As of `Networks`."""
        mouth, guesses = self.model.guess(
            self._one(heard), self._one(style), self._ones(codes), self._ones(hidden)
        )
        logits = {part: _array(guesses[part].logits) for part in LIVING}
        return Guess(_array(mouth), logits)

    @torch.inference_mode()
    def decode(self, codes: Codes) -> dict[str, Array]:
        """As of `Networks`."""
        made = self.model.decode(self._ones(codes))
        return {part: _array(values) for part, values in made.items()}

    def _ones(self, values: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
        return {part: self._one(each) for part, each in values.items()}

    def _one(self, values: np.ndarray) -> Tensor:
        """Return an array as a batch of one."""
        device = next(self.model.parameters()).device
        return torch.from_numpy(np.ascontiguousarray(values))[None].to(device)


def _array(batch: Tensor) -> np.ndarray:
    array: np.ndarray = batch[0].cpu().numpy()
    return array
