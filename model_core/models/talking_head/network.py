"""What the paper trains: speech encoder and decoder together, and the lip reader beside them."""

import torch
from torch import Tensor, nn

from ...base.units import frame_count
from ...speech.audio import SAMPLE_RATE
from ..jambatalk.autoregressive import AutoregressiveJambaTalk
from ..jambatalk.network import JambaTalk, Prediction
from .lip_reader import LipReader

Batch = dict[str, Tensor]
"""Arrays of one sentence by name, each (1, ...)."""


class TalkingHead(nn.Module):
    """Batches of one sentence -> its vertex offsets.

    Args:
        decoder: one-shot, or autoregressive.
        encoder: a `FrameWav2Vec2` trained along; None where batches hold features of a frozen one.
        lip_reader: trained along, or None.
    """

    def __init__(
        self,
        decoder: JambaTalk | AutoregressiveJambaTalk,
        encoder: nn.Module | None = None,
        lip_reader: LipReader | None = None,
    ) -> None:
        super().__init__()
        self.decoder, self.encoder, self.lip_reader = decoder, encoder, lip_reader

    def forward(self, batch: Batch) -> Prediction:
        """Return a batch's offsets (1, T, V * 3) and the experts' load-balance loss.

        An autoregressive decoder is taught by the batch's own ``offsets``.
        """
        features = self.features(batch)
        if isinstance(self.decoder, AutoregressiveJambaTalk):
            return self.decoder.forward_with_aux(features, batch["style"], batch["offsets"])
        return self.decoder.forward_with_aux(features, batch["style"])

    @torch.no_grad()
    def predict(self, batch: Batch, styles: Tensor) -> Tensor:
        """Return the offsets (S, T, V * 3) of one sentence in each of `styles`.

        `styles` is (S,) long or mixtures (S, styles) float, as of `JambaTalk`.
        """
        features = self.features(batch).expand(len(styles), -1, -1)
        frames: Tensor = self.decoder(features, styles)
        return frames

    def features(self, batch: Batch) -> Tensor:
        """Return speech features (1, T, inputs)."""
        if self.encoder is None:
            return batch["features"]
        frames = frame_count(batch["samples"].shape[1] / SAMPLE_RATE, self.decoder.config.fps)
        features: Tensor = self.encoder(batch["samples"], frames=frames)
        return features
