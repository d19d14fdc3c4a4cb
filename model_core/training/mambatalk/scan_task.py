"""Stage 2: what is heard to codes, with nothing known of the parts and with some of it."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models.mambatalk.network import MambaTalk
from ...models.mambatalk.scans import Scans
from ..loop import Batch
from .losses import hidden_codes, scan_losses
from .windows import Window, Windows

_LEAST, _WHOLE = 0.05, 0.3  # least share of codes hidden, and chance that a part is hidden whole
_BALANCE = 0.01  # weight of the experts' load
_VALIDATED = 32  # windows


class ScanTask:
    """Windows of speech, and the codes of what the parts do over them.

    Each batch is told twice: with every code hidden, as predictions begin (the paper's main pass),
    and with a share of each part's hidden (its random masks, of 5 % on; there the share grows while
    training goes on, here each clip has its own, since drawing goes through all of them).

    Args:
        model: whose priors are trained; they stay as they are.
        training: windows to learn from.
        validation: windows to choose the best weights by.
        seed: of what is drawn.
        size: windows a batch.
    """

    def __init__(
        self, model: MambaTalk, training: Windows, validation: Windows, seed: int, size: int
    ) -> None:
        self.model = model.eval().requires_grad_(False)
        self.training, self.validation = training, validation
        self.seed, self.size = seed, size

    def batch(self, step: int, part: int) -> Batch:
        """Return ``features`` (B, T, C), ``style`` (B, styles) and each part's codes (B, n, H)."""
        return self._of(self.training, self.training.draw(self.size, self.seed, step, part))

    @torch.no_grad()
    def _of(self, windows: Windows, drawn: list[Window]) -> Batch:
        styles = F.one_hot(windows.styles(drawn), self.model.config.scans.styles)
        made = {"features": windows.features(drawn), "style": styles.float()}
        for part in self.model.priors:
            prior = self.model.prior(part)
            motion = windows.part(part, drawn).to(prior.standardise.mean)
            made[part] = prior.quantiser.nearest(prior.encode(motion)).cpu()
        return made

    def loss(self, model: Scans, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return stage 2's loss and its terms, summed over parts."""
        codes = {part: batch[part] for part in self.model.priors}
        nothing = {part: torch.ones_like(it, dtype=torch.bool) for part, it in codes.items()}
        some = {
            part: hidden_codes(tuple(it.shape), _LEAST, _WHOLE).to(it.device)
            for part, it in codes.items()
        }
        terms: dict[str, Tensor] = {}
        for name, hidden in (("", nothing), ("masked ", some)):
            for term, value in self._terms(model, batch, codes, hidden).items():
                terms[name + term] = value
        return torch.stack(list(terms.values())).sum(), terms

    @torch.no_grad()
    def validate(self, model: Scans) -> dict[str, float]:
        """Return the mean losses with nothing known, and with half of each part known."""
        drawn = self.validation.draw(_VALIDATED, self.seed)
        device = model.standardise.mean.device
        batch = {name: it.to(device) for name, it in self._of(self.validation, drawn).items()}
        codes = {part: batch[part] for part in self.model.priors}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            half = {part: (torch.rand(it.shape) < 0.5).to(device) for part, it in codes.items()}
        nothing = {part: torch.ones_like(it, dtype=torch.bool) for part, it in codes.items()}
        told: dict[str, float] = {}
        for name, hidden in (("", nothing), ("half known ", half)):
            for part, terms in self._by_part(model, batch, codes, hidden)[0].items():
                told |= {f"{name}{part} {term}": float(value) for term, value in terms.items()}
        return {"loss": sum(told.values()), **told}

    def _terms(
        self, model: Scans, batch: Batch, codes: Mapping[str, Tensor], hidden: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the terms of one pass, summed over parts."""
        parts, balance = self._by_part(model, batch, codes, hidden)
        sums = {
            term: torch.stack([terms[term] for terms in parts.values()]).sum()
            for term in ("latents", "codes")
        }
        return {**sums, "balance": _BALANCE * balance}

    def _by_part(
        self, model: Scans, batch: Batch, codes: Mapping[str, Tensor], hidden: Mapping[str, Tensor]
    ) -> tuple[dict[str, dict[str, Tensor]], Tensor]:
        """Return each part's terms of one pass, and the experts' load ()."""
        latents = {part: self._decoded(part, it) for part, it in codes.items()}
        guesses, balance = model(batch["features"], batch["style"], latents, hidden)
        return {
            part: scan_losses(guess, latents[part], codes[part], hidden[part])
            for part, guess in guesses.items()
        }, balance

    def _decoded(self, part: str, codes: Tensor) -> Tensor:
        """Return latents (B, n, H, C) where the codes are: averaged scans stay on the CPU."""
        quantiser = self.model.prior(part).quantiser
        return quantiser.decode(codes.to(quantiser.codebook.weight.device)).to(codes.device)
