"""JambaTalk's decoder computed by torch."""

import torch

from ...base.arrays import Array
from ..checkpoint import Checkpoint
from .config import JambaTalkConfig
from .network import JambaTalk


class TorchDecoder:
    """A `JambaTalk` on a device, with the weights of a checkpoint.

    Raises:
        UserError: the weights do not fit the settings.
    """

    def __init__(self, checkpoint: Checkpoint, config: JambaTalkConfig, device: str) -> None:
        self.model = load_jambatalk(checkpoint, config).to(device)
        self.device = device

    @torch.inference_mode()
    def __call__(self, features: Array, style: Array) -> Array:
        """Features (n, C) and a style mixture (styles,) -> outputs (n, K)."""
        inputs = torch.from_numpy(features)[None].to(self.device)  # (1, n, C)
        mixture = torch.from_numpy(style)[None].to(self.device)  # (1, styles)
        outputs: Array = self.model(inputs, mixture)[0].float().cpu().numpy()
        return outputs


def load_jambatalk(checkpoint: Checkpoint, config: JambaTalkConfig) -> JambaTalk:
    """Return a checkpoint's decoder, in evaluation mode. Raises as `TorchDecoder`."""
    decoder = JambaTalk(config)
    checkpoint.fill(decoder)
    return decoder.eval()
