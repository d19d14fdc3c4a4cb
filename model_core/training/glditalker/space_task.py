"""Stage 1: sentences' motions through the quantised space and back."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...base.units import MM_PER_M
from ...datasets.dataset import FaceDataset, Sentence
from ...layers.vector_quantiser import perplexity
from ...models.glditalker.space import QuantisedSpace
from ..loop import Batch
from ..paper.sentences import sentence_at
from .losses import space_losses


class SpaceTask:
    """Sentences in a new order each epoch, one a batch.

    Args:
        dataset: where they are from.
        training: sentences to learn from.
        validation: sentences to choose the best weights by.
        seed: of the order.
        parts: batches of one step.
    """

    def __init__(
        self,
        dataset: FaceDataset,
        training: Sequence[Sentence],
        validation: Sequence[Sentence],
        seed: int,
        parts: int,
    ) -> None:
        self.dataset, self.training, self.validation = dataset, training, validation
        self.seed, self.parts = seed, parts

    def batch(self, step: int, part: int) -> Batch:
        """Return the next sentence's ``motion`` (1, T, V, 3)."""
        sentence = sentence_at(self.training, step * self.parts + part, self.seed)
        return {"motion": self.motion(sentence)}

    def motion(self, sentence: Sentence) -> Tensor:
        """Return a sentence's offsets (1, T, V, 3)."""
        return torch.from_numpy(self.dataset.offsets(sentence))[None]

    def loss(self, model: QuantisedSpace, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return stage 1's loss and its terms."""
        return space_losses(model, batch["motion"])

    @torch.no_grad()
    def validate(self, model: QuantisedSpace) -> dict[str, float]:
        """Return the mean losses, the mean distance of a vertex (mm), and the codes in use."""
        device = next(model.parameters()).device
        totals: dict[str, float] = {}
        indices = []
        for sentence in self.validation:
            motion = self.motion(sentence).to(device)
            made = model(motion)
            l1 = (made.motion - motion).abs().mean() / model.scale
            error = self._mm * (made.motion - motion).norm(dim=-1).mean()
            found = {"loss": l1 + made.quantised.loss, "l1": l1, "error_mm": error}
            for name, value in found.items():
                totals[name] = totals.get(name, 0.0) + float(value) / len(self.validation)
            indices.append(made.quantised.indices.flatten())
        used = float(perplexity(torch.cat(indices), model.config.codes))
        return {**totals, "perplexity": used}

    @property
    def _mm(self) -> float:
        """Millimetres in a unit of the data; NaN where that is not known."""
        return MM_PER_M * (self.dataset.metres_per_unit or float("nan"))
