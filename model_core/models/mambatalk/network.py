"""Both stages together: speech features and a style -> what each part does."""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import cast

import torch
from torch import Tensor, nn

from ...base.arrays import Array
from .config import MambaTalkConfig
from .parts import EYES, HEAD
from .prior import PartPrior
from .scans import PartGuess, Scans

Codes = dict[str, Tensor]
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

    @torch.no_grad()
    def forward(self, features: Tensor, style: Tensor) -> dict[str, Tensor]:
        """What each part does, (B, T, channels), as published: the codes nearest to the latents.

        Nothing is known of any part. Features (B, T, inputs), style (B, styles).
        """
        codes, hidden = self._nothing(features)
        guesses = self._guess(features, style, codes, hidden)
        nearest = {
            part: self.prior(part).quantiser.nearest(guess.latents)
            for part, guess in guesses.items()
        }
        return self._decoded(nearest, features.shape[1])

    @torch.no_grad()
    def draw(self, features: Tensor, style: Tensor, chances: dict[str, Array]) -> dict[str, Tensor]:
        """What the parts named by `chances` do, (B, T, channels), drawn by their codes' shares.

        What the published model says of a face is one thing for a sound, and so the mean of what it
        may do: of blinks, none. Its random masks teach it more: what a hidden code is, given those
        around it. So codes are drawn one after the other, each given all that were drawn before;
        only those `draws` tokens apart, at once. The head comes before the eyes, which stay where
        they look while it moves.

        Args:
            features: (B, T, inputs).
            style: (B, styles).
            chances: by part, (n, H) numbers of 0 to 1 that decide which codes.
        """
        codes, hidden = self._nothing(features)
        for part in [part for part in (HEAD, EYES) if part in chances]:
            given = torch.from_numpy(chances[part]).to(features)  # (n, H)
            tokens, groups = given.shape
            for rows, group in _order(tokens, groups, self.config.draws):
                logits = self._guess(features, style, codes, hidden)[part].logits
                shares = logits[:, rows, group].softmax(dim=-1).cumsum(dim=-1)  # (B, m, codes)
                last = shares.shape[-1] - 1
                drawn = (shares < given[rows, group][:, None]).sum(dim=-1).clamp(max=last)
                codes[part][:, rows, group] = drawn
                hidden[part][:, rows, group] = False
        return self._decoded({part: codes[part] for part in chances}, features.shape[1])

    def _guess(
        self, features: Tensor, style: Tensor, codes: Codes, hidden: dict[str, Tensor]
    ) -> dict[str, PartGuess]:
        latents = {part: self.prior(part).quantiser.decode(it) for part, it in codes.items()}
        return self.scans(features, style, latents, hidden)[0]

    def _nothing(self, features: Tensor) -> tuple[Codes, dict[str, Tensor]]:
        """Return codes of which none is known, and that they are hidden."""
        tokens = ceil(features.shape[1] / self.config.scans.fold)
        shapes = {
            part: (len(features), tokens, prior.groups)
            for part, prior in self.config.priors.items()
        }
        codes = {
            part: torch.zeros(shape, dtype=torch.int64, device=features.device)
            for part, shape in shapes.items()
        }
        return codes, {part: torch.ones_like(it, dtype=torch.bool) for part, it in codes.items()}

    def _decoded(self, codes: Codes, frames: int) -> dict[str, Tensor]:
        made = {}
        for part, indices in codes.items():
            prior = self.prior(part)
            made[part] = prior.decode(prior.quantiser.decode(indices).flatten(2))[:, :frames]
        return made


def _order(tokens: int, groups: int, stride: int) -> Iterator[tuple[Sequence[int], int]]:
    """Yield which tokens are drawn at once, and which of their codes.

    They lie a stride apart; the next ones lie in the middle between those before, as the bits of a
    number say read backwards.
    """
    bits = (stride - 1).bit_length()
    firsts = sorted(range(stride), key=lambda n: int(f"{n:0{max(bits, 1)}b}"[::-1], 2))
    for first in firsts:
        rows = range(first, tokens, stride)
        if rows:
            yield from ((list(rows), group) for group in range(groups))
