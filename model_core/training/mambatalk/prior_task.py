"""Stage 1: windows of a part's motion through its prior and back."""

import torch
from torch import Tensor

from ...layers.vector_quantiser import perplexity
from ...models.mambatalk.parts import measures
from ...models.mambatalk.prior import PartPrior
from ..loop import Batch
from .losses import prior_losses
from .windows import Windows

_VALIDATED = 48  # windows


class PriorTask:
    """Windows of one part.

    Args:
        part: which.
        training: windows to learn from.
        validation: windows to choose the best weights by.
        seed: of what is drawn.
        size: windows a batch.
    """

    def __init__(
        self, part: str, training: Windows, validation: Windows, seed: int, size: int
    ) -> None:
        self.part, self.seed, self.size = part, seed, size
        self.training, self.validation = training, validation
        motion = _everything(training, part)
        self.maps = {
            unit: (it := torch.from_numpy(places).float(), _mean_square(motion, it))
            for unit, places in measures(part).items()
        }
        self.statistics = motion.mean(0), motion.std(0)

    def batch(self, step: int, part: int) -> Batch:
        """Return ``motion`` (B, T, channels)."""
        windows = self.training.draw(self.size, self.seed, step, part)
        return {"motion": self.training.part(self.part, windows)}

    def loss(self, model: PartPrior, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return stage 1's loss and its terms."""
        made, motion = model(batch["motion"]), batch["motion"]
        terms = prior_losses(made, motion, model.standardise.deviation, self._maps(motion))
        total = torch.stack(list(terms.values())).sum()
        return total, {**terms, "perplexity": self._used(model, made.quantised.indices)}

    @torch.no_grad()
    def validate(self, model: PartPrior) -> dict[str, float]:
        """Return the losses, root mean square errors by unit, and the codes in use."""
        windows = self.validation.draw(_VALIDATED, self.seed)
        motion = self.validation.part(self.part, windows).to(model.standardise.mean.device)
        made = model(motion)
        maps = self._maps(motion)
        terms = prior_losses(made, motion, model.standardise.deviation, maps)
        found = {name: float(value) for name, value in terms.items()}
        errors = {
            f"error ({unit})": float((found[unit] * usual) ** 0.5)
            for unit, (_, usual) in maps.items()
        }
        used = float(self._used(model, made.quantised.indices))
        return {"loss": sum(found.values()), **found, **errors, "perplexity": used}

    def _maps(self, motion: Tensor) -> dict[str, tuple[Tensor, float]]:
        return {unit: (places.to(motion), usual) for unit, (places, usual) in self.maps.items()}

    def _used(self, model: PartPrior, indices: Tensor) -> Tensor:
        return perplexity(indices, model.config.codes)


def _everything(windows: Windows, part: str) -> Tensor:
    """Return all that a part does in training, (frames, channels)."""
    return torch.from_numpy(windows.clips.part(part).astype("float32")).flatten(0, 1)


def _mean_square(motion: Tensor, places: Tensor) -> float:
    """Return by how much places vary; 1 where they do not."""
    return float(((motion - motion.mean(0)) @ places).square().sum(dim=1).mean()) or 1.0
