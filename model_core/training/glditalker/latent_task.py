"""Stage 2: sentences' latents, noised, back to what they were by what is heard."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datasets.dataset import Sentence
from ...models.glditalker.latent_diffusion import LatentDiffusion
from ...models.glditalker.space import QuantisedSpace, VertexSpace
from ..loop import Batch
from ..paper.sentences import SentenceBatches, sentence_at
from .losses import latent_losses

_LEVELS = 4  # of noise at which a sentence is validated


class LatentTask:
    """Sentences in a new order each epoch, one a batch, each at a step of the noise of its own.

    Args:
        batches: sentences with the features of the frozen speech encoder.
        space: stage 1, trained; it stays as it is.
        training: sentences to learn from.
        validation: sentences to choose the best weights by.
        seed: of order and noise.
        parts: batches of one step.
    """

    def __init__(
        self,
        batches: SentenceBatches,
        space: QuantisedSpace | VertexSpace,
        training: Sequence[Sentence],
        validation: Sequence[Sentence],
        seed: int,
        parts: int,
    ) -> None:
        self.batches, self.space = batches, space.eval().requires_grad_(False)
        self.training, self.validation = training, validation
        self.seed, self.parts = seed, parts
        self._codes: dict[str, Tensor] = {}

    def batch(self, step: int, part: int) -> Batch:
        """Return the next sentence in its own subject's style: see `of`."""
        place = step * self.parts + part
        sentence = sentence_at(self.training, place, self.seed)
        style = self.batches.dataset.styles.index(sentence.subject)
        return self.of(sentence, F.one_hot(torch.tensor([style]), self._styles).float())

    def of(self, sentence: Sentence, style: Tensor) -> Batch:
        """Return ``latents`` (1, T, latent), ``speech`` (1, T, 2 C) and ``style`` (1, styles)."""
        speech = torch.from_numpy(self.batches.features(sentence))[None]
        return {"latents": self.latents(sentence), "speech": speech, "style": style}

    @torch.no_grad()
    def latents(self, sentence: Sentence) -> Tensor:
        """Return a sentence's latents (1, T, latent); codes are looked up once."""
        if not isinstance(self.space, QuantisedSpace):
            return self.space.latents(self._motion(sentence))
        if sentence.name not in self._codes:
            z = self.space.encode(self._motion(sentence).to(self.space.scale.device))
            self._codes[sentence.name] = self.space.quantiser.nearest(z).short()  # (1, T, H)
        return self.space.quantiser.decode(self._codes[sentence.name].long()).flatten(2).cpu()

    def loss(self, model: LatentDiffusion, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return stage 2's loss and its terms, at a step of the noise drawn evenly."""
        latents = batch["latents"]
        step = torch.randint(model.config.steps, (len(latents),), device=latents.device)
        noise = torch.randn_like(latents)
        terms = latent_losses(*model(latents, step, noise, batch["speech"], batch["style"]))
        return torch.stack(list(terms.values())).sum(), terms

    @torch.no_grad()
    def validate(self, model: LatentDiffusion) -> dict[str, float]:
        """Return the mean losses over sentences and levels of noise, in the styles' mean.

        The validation subjects of VOCASET have no style of their own.
        """
        device = next(model.parameters()).device
        noises = torch.Generator().manual_seed(self.seed)
        levels = torch.linspace(0, model.config.steps - 1, _LEVELS).long().to(device)
        totals: dict[str, float] = {}
        for sentence in self.validation:
            batch = self.of(sentence, torch.full((1, self._styles), 1 / self._styles))
            latents, speech, style = (
                value.to(device).expand(_LEVELS, *value.shape[1:]) for value in batch.values()
            )
            noise = torch.randn(latents.shape, generator=noises).to(device)
            terms = latent_losses(*model(latents, levels, noise, speech, style))
            for name, value in terms.items():
                totals[name] = totals.get(name, 0.0) + float(value) / len(self.validation)
        return {"loss": sum(totals.values()), **totals}

    @property
    def _styles(self) -> int:
        return len(self.batches.dataset.styles)

    def _motion(self, sentence: Sentence) -> Tensor:
        """Return a sentence's offsets (1, T, V, 3)."""
        return torch.from_numpy(self.batches.dataset.offsets(sentence))[None]
