"""Features as other voices would give them, for networks that learn from few."""

from dataclasses import dataclass

import numpy as np

from ..base.arrays import Array
from .features import BANDS


@dataclass(frozen=True)
class FeatureVariation:
    """Makes up voices that the corpus lacks: what tells speakers apart in an encoder's features is
    mostly a constant, so each crop's channels are moved, scaled and some of them silenced. The log
    energies beside them are relative to the clip already and stay.

    All but `drop` are in standard deviations of a channel.
    """

    drop: float = 0.15  # share of channels put at their mean
    gain: float = 0.15
    offset: float = 0.3
    noise: float = 0.2  # of each frame

    def apply(
        self, features: Array, mean: Array, deviation: Array, rng: np.random.Generator
    ) -> Array:
        """Return varied features (B, T, C)."""
        heard, energies = np.split(features, [-BANDS], axis=-1)
        mean, deviation = mean[:-BANDS], deviation[:-BANDS]
        constant = (len(features), 1, len(mean))
        gain = 1 + self.gain * rng.standard_normal(constant, np.float32)
        gain *= rng.random(constant, np.float32) >= self.drop
        moved = self.offset * rng.standard_normal(constant, np.float32)
        moved = moved + self.noise * rng.standard_normal(heard.shape, np.float32)
        varied = mean + gain * (heard - mean) + deviation * moved
        return np.concatenate([varied, energies], axis=-1)
