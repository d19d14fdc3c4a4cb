"""A JambaTalk that gets the features of a clip block by block, and gives what one pass would."""

from typing import Self

import torch
from torch import Tensor

from ...layers.carried import Carried, Delayed, carried_layer
from .network import JambaTalk


class CarriedJambaTalk:
    """The blocks of one clip in one style; made by `of`.

    Args:
        model: the decoder.
        style: (1, styles), a mixture.
        layers: its layers, each carried.
    """

    def __init__(self, model: JambaTalk, style: Tensor, layers: list[Carried]) -> None:
        self._model, self._style, self._layers = model, style, layers
        self._look = Delayed(model.look, model.config.lookahead) if model.look else None
        self._heard: Tensor | None = None  # features that make no whole token yet, (1, n, heard)
        self._drift: Tensor | None = None  # of them and those the lookahead still waits for
        self._tokens: Tensor | None = None  # as heard, which layers hold back; manners beside them
        self._owed = 0  # frames that came in and did not come out

    @classmethod
    def of(cls, model: JambaTalk, style: Tensor) -> Self | None:
        """Return what carries a model over a clip; None if a layer needs all of it at once."""
        layers = [carried_layer(layer) for layer in model.stack]
        known = [layer for layer in layers if layer is not None]
        return cls(model, style, known) if len(known) == len(layers) else None

    def __call__(self, features: Tensor, drift: Tensor | None, last: bool) -> Tensor:
        """The next frames (1, n, inputs), perhaps none -> outputs that are ready (1, m, all).

        ``drift`` (1, n, drifts) is that of `JambaTalk.forward`; of all blocks or of none.
        """
        self._owed += features.shape[1]
        heard = self._model.listened(features)
        heard = self._look(heard, last) if self._look else heard
        tokens, x = self._entered(_joined(self._heard, heard), drift, last)
        self._tokens = _joined(self._tokens, tokens)
        for layer in self._layers:
            x = layer(x, last)
        tokens, self._tokens = self._tokens.tensor_split([x.shape[1]], dim=1)
        tokens, mannered = tokens.tensor_split([self._model.embed.in_features], dim=2)
        manners = mannered if mannered.shape[2] else None
        frames = self._model.left(tokens, x, manners)[:, : self._owed]
        self._owed -= frames.shape[1]
        return frames

    def _entered(self, heard: Tensor, drift: Tensor | None, last: bool) -> tuple[Tensor, Tensor]:
        """Tokens that are whole, as heard with their manners, and embedded."""
        fold = self._model.config.fold
        whole = heard.shape[1] if last else heard.shape[1] // fold * fold
        if drift is not None:
            drift, self._drift = _joined(self._drift, drift).tensor_split([whole], dim=1)
        heard, self._heard = heard.tensor_split([whole], dim=1)
        tokens, x = self._model.entered(heard, self._style, drift)
        if drift is not None and self._model.manners is not None:
            tokens = torch.cat([tokens, self._model.mannered(drift)], dim=2)
        return tokens, x


def _joined(before: Tensor | None, new: Tensor) -> Tensor:
    """Frames (1, n, C) after those before."""
    return new if before is None else torch.cat((before, new), dim=1)
