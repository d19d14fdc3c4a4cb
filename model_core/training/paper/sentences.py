"""Whole sentences as batches of one, with what frozen models make of their sound computed once."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.files import atomic_path
from ...datasets.dataset import FaceDataset, RecordedSentence, Sentence
from ...models.talking_head.network import TalkingHead
from ...speech.audio import Samples
from ..loop import Batch
from .losses import PaperLossWeights, reconstruction

Arrays = dict[str, NDArray[np.generic]]


class SentenceBatches:
    """Batches of one sentence.

    Args:
        dataset: where they are from.
        analyse: what frozen models make of samples (N,): arrays by batch name, first axis free.
        folder: keeps the analyses; one for each dataset and set of frozen models.
    """

    def __init__(
        self, dataset: FaceDataset, analyse: Callable[[Samples], Arrays], folder: Path
    ) -> None:
        self.dataset, self.folder = dataset, folder
        self._analyse = analyse

    def prepare(self, sentences: Sequence[Sentence]) -> None:
        """Analyse those sentences that have not been."""
        for sentence in sentences:
            if not self._path(sentence).exists():
                arrays = self._analyse(self.dataset.recorded(sentence).samples)
                with atomic_path(self._path(sentence)) as temporary:
                    np.savez(temporary, **arrays)  # type: ignore[arg-type]

    def batch(self, sentence: Sentence, style: int = 0) -> Batch:
        """Return ``samples`` (1, N), ``offsets`` (1, T, V * 3), ``style`` (1,), and analyses."""
        recorded: RecordedSentence = self.dataset.recorded(sentence)
        with np.load(self._path(sentence), allow_pickle=False) as arrays:
            analyses = {name: torch.from_numpy(arrays[name])[None] for name in arrays.files}
        return {
            "samples": torch.from_numpy(recorded.samples)[None],
            "offsets": torch.from_numpy(recorded.offsets).flatten(1)[None],
            "style": torch.tensor([style]),
            **analyses,
        }

    def features(self, sentence: Sentence) -> NDArray[np.float32]:
        """Return the features (T, C) of a frozen encoder."""
        with np.load(self._path(sentence), allow_pickle=False) as arrays:
            return arrays["features"]

    def _path(self, sentence: Sentence) -> Path:
        return self.folder / f"{sentence.name}.npz"


def sentence_at(sentences: Sequence[Sentence], place: int, seed: int) -> Sentence:
    """Return what comes at a place, 0 on, of epochs that each have an order of their own."""
    epoch, place = divmod(place, len(sentences))
    order = np.random.default_rng([seed, epoch]).permutation(len(sentences))
    return sentences[order[place]]


class SentenceTask:
    """The paper's training: sentences in a new order each epoch, one a batch.

    Args:
        batches: see `SentenceBatches`.
        training: sentences to learn from.
        validation: sentences to choose the best weights by.
        weights: of the losses.
        seed: of the order.
        parts: batches of one step, over processes and accumulation.
    """

    def __init__(
        self,
        batches: SentenceBatches,
        training: Sequence[Sentence],
        validation: Sequence[Sentence],
        weights: PaperLossWeights,
        seed: int,
        parts: int,
    ) -> None:
        self.batches, self.training, self.validation = batches, training, validation
        self.weights, self.seed, self.parts = weights, seed, parts

    def batch(self, step: int, part: int) -> Batch:
        """Return the next sentence of the epoch in its own subject's style."""
        sentence = sentence_at(self.training, step * self.parts + part, self.seed)
        style = self.batches.dataset.styles.index(sentence.subject)
        return self.batches.batch(sentence, style)

    def loss(self, model: TalkingHead, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of the paper's losses, and each."""
        made = model(batch)
        predicted = made.motion
        terms = reconstruction(predicted, batch["offsets"], self.weights)
        terms["balance"] = self.weights.balance * made.balance
        if model.lip_reader is not None:
            features, ctc = model.lip_reader.losses(predicted, batch["heard"], batch["letters"])
            terms["lip_features"] = self.weights.lip_features * features
            terms["ctc"] = self.weights.ctc * ctc
        return torch.stack(list(terms.values())).sum(), terms

    @torch.no_grad()
    def validate(self, model: TalkingHead) -> dict[str, float]:
        """Return the mean reconstruction losses over sentences and styles.

        The validation subjects of VOCASET are not trained on and have no style of their own, so
        each sentence is spoken in every training subject's, as FaceFormer does.
        """
        device = next(model.parameters()).device
        styles = torch.arange(len(self.batches.dataset.styles), device=device)
        totals: dict[str, float] = {}
        for sentence in self.validation:
            batch = {name: value.to(device) for name, value in self.batches.batch(sentence).items()}
            predicted = model.predict(batch, styles)
            recorded = batch["offsets"].expand_as(predicted)
            for name, value in reconstruction(predicted, recorded, self.weights).items():
                totals[name] = totals.get(name, 0.0) + float(value) / len(self.validation)
        return {"loss": sum(totals.values()), **totals}
