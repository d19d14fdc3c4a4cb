"""How large a step of a `SteppedJambaTalk` is; nothing here needs torch."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .config import ARRANGEMENTS, JambaTalkConfig


@dataclass(frozen=True)
class StepShape:
    """The sizes of a decoder that can be stepped.

    Attributes:
        config: the decoder's.
        mambas: how many of its layers are recurrent.
        attentions: how many attend, within a window on both sides.
    """

    config: JambaTalkConfig
    mambas: int
    attentions: int

    @classmethod
    def of(cls, config: JambaTalkConfig) -> Self | None:
        """Return the shape of a decoder; None for one that is not stepped.

        That is one which attends to all of a clip, to what came before alone, by positions counted
        from the clip's start, or not at all.
        """
        order = ARRANGEMENTS[config.arrangement]
        attentions = order.count("T")
        near = config.window is not None and not config.causal and config.rope != "lrl-rope"
        kinds = 0 < attentions < len(order) and config.lookahead > 0
        return cls(config, len(order) - attentions, attentions) if near and kinds else None

    @staticmethod
    def tokens_ahead(config: JambaTalkConfig) -> int:
        """Return how many tokens after the new ones these depend on."""
        return ARRANGEMENTS[config.arrangement].count("T") * (config.window or 0)

    @property
    def ahead(self) -> int:
        """How many frames after the new ones these depend on."""
        return self.tokens_ahead(self.config) * self.config.fold + self.config.lookahead

    def state(self) -> list[NDArray[Any]]:
        """Return the state before the first token of a clip, in the order of `StepState`."""
        config = self.config
        inner = config.expand * config.d_model
        shapes = (
            (1, config.lookahead, config.heard),
            (1, self.mambas, config.d_conv - 1, inner),
            (1, self.mambas, inner, config.d_state),
            (1, self.attentions, config.window or 0, config.d_model),
        )
        return [*(np.zeros(shape, np.float32) for shape in shapes), np.array(0, np.int64)]
