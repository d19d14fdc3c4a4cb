"""The networks of takes by diffusion computed by torch."""

import numpy as np
import torch
from torch import Tensor

from ...base.arrays import Array
from ..checkpoint import Checkpoint
from .network import GldTakes
from .settings import GldTakesSettings


class TorchNetworks:
    """A `GldTakes` on a device."""

    def __init__(self, model: GldTakes, device: str) -> None:
        self.model, self.device = model.to(device), device

    @torch.inference_mode()
    def plain(self, features: Array, style: Array) -> Array:
        """As of `Networks`."""
        made = self.model.plain(self._one(features), self._one(style))
        return _array(torch.cat([made.outputs, made.tokens], dim=-1))

    @torch.inference_mode()
    def denoise(self, x: Array, step: int, tokens: Array, style: Array) -> Array:
        """As of `Networks`."""
        at = torch.tensor([step], device=self.device)
        clean = self.model.diffusion.denoise(self._one(x), at, self._one(tokens), self._one(style))
        return _array(clean)

    @torch.inference_mode()
    def decode(self, latents: Array) -> Array:
        """As of `Networks`."""
        return _array(self.model.decode(self._one(latents)))

    def _one(self, values: Array) -> Tensor:
        """Return an array as a batch of one."""
        return torch.from_numpy(np.ascontiguousarray(values))[None].to(self.device)


def load_gld_takes(checkpoint: Checkpoint, settings: GldTakesSettings) -> GldTakes:
    """Return a checkpoint's networks, in evaluation mode.

    Raises:
        UserError: the weights do not fit the settings.
    """
    model = GldTakes(settings.plain.decoder, settings.takes)
    checkpoint.fill(model)
    return model.eval()


def _array(batch: Tensor) -> Array:
    array: Array = batch[0].float().cpu().numpy()
    return array
