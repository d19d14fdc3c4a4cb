"""JambaTalk's decoder computed by torch."""

import torch

from ...base.arrays import Array
from ...engine.one_thread import one_thread
from ..checkpoint import Checkpoint
from .carried import CarriedJambaTalk
from .config import JambaTalkConfig
from .decoder import CarriedDecoder
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
    def __call__(self, features: Array, style: Array, drift: Array | None = None) -> Array:
        """Features (n, C), a style mixture (styles,), a drift (n, drifts) -> outputs (n, K)."""
        given = (features, style) if drift is None else (features, style, drift)
        clip = (torch.from_numpy(each)[None].to(self.device) for each in given)
        outputs: Array = self.model(*clip)[0].float().cpu().numpy()
        return outputs

    def begin(self, style: Array) -> CarriedDecoder | None:
        """Return what decodes a clip in a style mixture (styles,) block by block.

        None where it has to see all of a clip at once, and on a card, whose scan begins at rest.
        """
        if self.device != "cpu":
            return None
        carried = CarriedJambaTalk.of(self.model, torch.from_numpy(style)[None])
        if carried is None:
            return None

        @torch.inference_mode()
        def decode(features: Array, drift: Array | None, last: bool) -> Array:
            still = None if drift is None else torch.from_numpy(drift)[None]
            with one_thread():  # the others are at what comes next
                outputs: Array = carried(torch.from_numpy(features)[None], still, last)[0].numpy()
            return outputs

        return decode


def load_jambatalk(checkpoint: Checkpoint, config: JambaTalkConfig) -> JambaTalk:
    """Return a checkpoint's decoder, in evaluation mode. Raises as `TorchDecoder`."""
    decoder = JambaTalk(config)
    checkpoint.fill(decoder)
    return decoder.eval()
