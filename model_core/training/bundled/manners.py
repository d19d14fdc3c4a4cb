"""The recipe of the manners' head: added to a model that ships, of which nothing else changes.

The stochastic teacher (`articulation.manner`) speaks the known phones of a corpus in manners drawn
anew for each batch. What his motion differs by from the plain teacher's is what the head learns to
add to the model's own, from what the model's layers made of the sound and from the manner. Minutes
on a CPU, so it is done again after the model was trained anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ...articulation.manner import speak_and_tell
from ...articulation.rules import articulate
from ...articulation.styles import find_style
from ...layers.manner_head import MannerHead
from ...performance.manners import MANNERS
from ...rig.rig import load_face_rig
from ..loop import Batch, Trainer, TrainingConfig, device_of, is_first, on_device
from ..options import TrainingOptions
from ..tracked.data import FPS, Teacher
from .additions import enlarged, save_addition
from .losses import SpeechLoss, SpeechLossWeights
from .spoken import SpokenClip, SpokenSplit, drawn_style, made_from, spoken_clips

TRAINING = TrainingConfig(
    steps=700,
    learning_rate=1.5e-3,
    warmup=60,
    final_rate=0.02,
    weight_decay=0.01,
    average=0.99,
    validate_every=200,
    save_every=100,
)
_CLIPS = 3  # in a batch
_SECTION = """## Manners

Takes walk among eight manners (how far jaw and lips go, how far phones overlap, how much loudness
opens, one side more than the other, a smile), by a head of their own (`train --config manner`):
trained on what the stochastic teacher differs by from the plain one on known phones. Take 0 is
what it was without. On clips kept aside, error of that difference against {nothing:.3f} of none:
{error:.3f} (the loss of `training/bundled/manners.py`).
"""


class MannerTask:
    """Clips in manners drawn anew; validation on clips kept aside, in manners of their own."""

    def __init__(
        self,
        clips: Sequence[SpokenClip],
        styles: Sequence[str],
        fold: int,
        loss: SpeechLoss,
        seed: int,
    ) -> None:
        self.clips, self.styles, self.fold = SpokenSplit(clips), styles, fold
        self.objective, self.seed = loss, seed

    def batch(self, step: int, part: int) -> Batch:
        """Return tokens (B, n, d), manners (B, n, M) and differences (B, n fold, K)."""
        rng = np.random.default_rng([self.seed, step, part])
        return self._drawn(self.clips.picked(_CLIPS, rng), rng)

    def loss(self, model: MannerHead, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of the speech loss's terms that are not of closures, and these."""
        objective = self.objective.to(batch["seen"].device)
        terms = objective(model(batch["seen"], batch["manners"]), batch["difference"])
        kept = {name: value for name, value in terms.items() if name != "closure"}
        return torch.stack(list(kept.values())).sum(), kept

    @torch.no_grad()
    def validate(self, model: MannerHead) -> dict[str, float]:
        """Return the loss on clips kept aside, and that of a head that changes nothing."""
        rng, place = np.random.default_rng(self.seed), device_of(model)
        found, without = [], []
        for clip in self.clips.validation:
            batch = on_device(self._drawn([clip], rng), place)
            found.append(float(self.loss(model, batch)[0]))
            still = {**batch, "manners": torch.zeros_like(batch["manners"])}
            without.append(float(self.loss(model, still)[0]))
        return {"loss": float(np.mean(found)), "nothing": float(np.mean(without))}

    def _drawn(self, clips: Sequence[SpokenClip], rng: np.random.Generator) -> Batch:
        """Speak clips in a manner each, cut to the shortest one's length."""
        tokens = min(each.seen.shape[1] for each in clips)
        parts = [self._spoken(each, tokens, rng) for each in clips]
        seen, manners, difference = (torch.stack(each) for each in zip(*parts, strict=True))
        return {"seen": seen, "manners": manners, "difference": difference}

    def _spoken(
        self, clip: SpokenClip, tokens: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        index = drawn_style(len(self.styles), rng)
        style, seconds = find_style(self.styles[index]), len(clip.level) / FPS
        level = clip.level
        plain = articulate(clip.phones, seconds, FPS, style, level)
        varied, manners = speak_and_tell(clip.phones, seconds, FPS, style, rng, level)
        first = int(rng.integers(clip.seen.shape[1] - tokens + 1))
        frames = slice(first * self.fold, (first + tokens) * self.fold)
        told = torch.from_numpy(manners[frames][:: self.fold])
        difference = torch.from_numpy((varied - plain)[frames])
        return clip.seen[index, first : first + tokens].float(), told, difference


def train(options: TrainingOptions) -> Path:
    """Train on a corpus (store ``train`` of `corpus build`).

    Returns:
        The folder of a copy of the teacher (`--teacher`), with manners.

    Raises:
        UserError: the corpus is missing, or the teacher is not fit for it.
    """
    teacher = Teacher(options.tracked.teacher)
    settings = teacher.settings()
    torch.manual_seed(options.seed)
    model = enlarged(teacher.model(), "manners", manners=len(MANNERS))
    loss = SpeechLoss(load_face_rig(), settings.shapes, SpeechLossWeights())
    clips = spoken_clips(options, teacher, model)
    task = MannerTask(clips, settings.styles, model.config.fold, loss, options.seed)
    config = replace(TRAINING, seed=options.seed, steps=options.steps or TRAINING.steps)
    head = cast(MannerHead, model.manners)
    trainer = Trainer(head, task, config, options.output, made_from(options, teacher))
    trainer.begin(options.say, teacher=str(teacher.folder))
    trainer.run(options.report)
    head.load_state_dict(trainer.result().state_dict())
    scores, made = trainer.scores(), options.output / "checkpoint"
    section = _SECTION.format(nothing=scores["nothing"], error=scores["loss"])
    options.say(section)
    if is_first():
        save_addition(teacher.folder, model, settings, section, made)
    return made
