"""Both stages together: speech features and a style -> what each part does."""

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from ...layers.vector_quantiser import nearest_codes
from .config import MambaTalkConfig
from .parts import MOUTH
from .prior import PartPrior
from .scans import Hidden, PartGuess, Scans

Codes = Mapping[str, Tensor]
"""By part, (B, n, H), indices of codes."""


class MambaTalk(nn.Module):
    """The priors' decoders behind the scans."""

    def __init__(self, config: MambaTalkConfig) -> None:
        super().__init__()
        self.config = config
        self.priors = nn.ModuleDict({part: PartPrior(it) for part, it in config.priors.items()})
        self.scans = Scans(config)

    def prior(self, part: str) -> PartPrior:
        """Return a part's prior."""
        return cast(PartPrior, self.priors[part])

    def guess(
        self, heard: Tensor, style: Tensor, codes: Codes, hidden: Hidden
    ) -> tuple[Tensor, dict[str, PartGuess]]:
        """Return the codes nearest to the mouth's latents (B, n, H), and what is said of all parts.

        Args:
            heard: (B, n, fold inputs), tokens of the speech.
            style: (B, styles).
            codes: of the parts; only where they are not hidden do they count.
            hidden: which are not known.
        """
        latents = {part: self.prior(part).quantiser.decode(it) for part, it in codes.items()}
        frames = heard.unflatten(-1, (self.config.scans.fold, -1)).flatten(1, 2)
        guesses, _ = self.scans(frames, style, latents, hidden)
        book = self.prior(MOUTH).quantiser.codebook.weight
        return nearest_codes(guesses[MOUTH].latents, book), guesses

    def decode(self, codes: Codes) -> dict[str, Tensor]:
        """Return what parts do, (B, n fold, channels), by their codes."""
        made = {}
        for part, indices in codes.items():
            prior = self.prior(part)
            made[part] = prior.decode(prior.quantiser.decode(indices).flatten(2))
        return made
