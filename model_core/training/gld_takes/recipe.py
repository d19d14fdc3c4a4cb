"""The recipe of takes by diffusion: the quantised space first, then the diffusion in it.

The plain model (`--teacher`) stays as it is, and goes along in the checkpoint.
"""

from dataclasses import replace
from pathlib import Path

import torch

from ...base.assets import BUNDLED_ENCODER
from ...models.checkpoint import load_checkpoint
from ...models.gld_takes.config import GldTakesConfig
from ...models.gld_takes.export import export_gld_takes
from ...models.gld_takes.face import save
from ...models.gld_takes.network import GldTakes
from ...models.gld_takes.settings import GldTakesSettings
from ..bundled.spoken import made_from, spoken_clips
from ..loop import Trainer, TrainingConfig, check_alone
from ..options import TrainingOptions
from ..tracked.data import Teacher
from .tasks import Differences, LatentTask, SpaceTask

SPACE = TrainingConfig(
    steps=1200, learning_rate=1e-3, warmup=40, final_rate=0.05, validate_every=200, save_every=200
)
LATENTS = TrainingConfig(
    steps=2000,
    learning_rate=8e-4,
    warmup=80,
    final_rate=0.05,
    average=0.998,
    validate_every=250,
    save_every=250,
)
_COUNTED = 40  # batches that the latents' mean and deviation are taken from
# What latents deviate by against the noise. A manner shows in every latent of a clip, so it is told
# where there is much noise yet: in that of deviation 1 all takes would be one after the first draw.
_SIGNAL = 0.2
_CARD = """# Takes by diffusion

Take 0 is that of the plain model this was trained beside, which goes along unchanged. For other
takes differences of its rig weights are drawn, in {draws} steps, from a space of {codes} codes
({parts} for each {fold} frames), as GLDiTalker (arXiv 2408.01826) draws faces. Trained by
`train --config gld-takes` on what the stochastic teacher differs by from the plain one.
"""


def train(options: TrainingOptions) -> Path:
    """Train both stages on a corpus (store ``train`` of `corpus build`); resumed where they were.

    Returns:
        The folder of the finished checkpoint.

    Raises:
        UserError: the corpus is missing, or the teacher is not fit for it, or a launcher started
            several processes.
    """
    check_alone(options.recipe)
    teacher, sizes = Teacher(options.tracked.teacher), GldTakesConfig()
    settings = GldTakesSettings(plain=teacher.settings(), takes=sizes)
    torch.manual_seed(options.seed)
    model = GldTakes(settings.plain.decoder, sizes)
    model.base.load_state_dict(teacher.model().state_dict())
    clips = spoken_clips(options, teacher, model.base.eval())
    fold = (settings.plain.decoder.fold, sizes.fold)
    drawn = Differences(clips, settings.plain.styles, fold, options.seed)
    learnt_from = made_from(options, teacher)
    _train_space(model, drawn, options, learnt_from)
    _train_latents(model, drawn, options, learnt_from)
    card = _CARD.format(draws=sizes.draws, codes=sizes.codes, parts=sizes.parts, fold=sizes.fold)
    folder = save(options.output / "checkpoint", model, settings, card, BUNDLED_ENCODER)
    export_gld_takes(load_checkpoint(folder))
    return folder


def _train_space(
    model: GldTakes, drawn: Differences, options: TrainingOptions, learnt_from: str
) -> None:
    """Train stage 1 and keep the weights that are best on clips kept aside."""
    sample = torch.cat([drawn.batch(n, 1)["differences"].flatten(0, 1) for n in range(_COUNTED)])
    model.space.scale.copy_(sample.square().mean().sqrt())
    config = replace(SPACE, seed=options.seed, steps=options.steps or SPACE.steps)
    task, folder = SpaceTask(drawn), options.output / "space"
    trainer = Trainer(model.space, task, config, folder, learnt_from)
    trainer.begin(options.say, "stage 1")
    trainer.run(options.report)
    model.space.load_state_dict(trainer.best_weights())


def _train_latents(
    model: GldTakes, drawn: Differences, options: TrainingOptions, learnt_from: str
) -> None:
    """Train stage 2 likewise; latents are counted from their means, in one unit for all."""
    task = LatentTask(drawn, model.space)
    sample = torch.cat([task.batch(n, 1)["latents"].flatten(0, 1) for n in range(_COUNTED)])
    unit = (sample - sample.mean(dim=0)).square().mean().sqrt() / _SIGNAL
    model.diffusion.counts.fit(sample.mean(dim=0), unit.expand(sample.shape[1]))
    config = replace(LATENTS, seed=options.seed, steps=options.steps or LATENTS.steps)
    trainer = Trainer(model.diffusion, task, config, options.output / "latents", learnt_from)
    trainer.begin(options.say, "stage 2")
    trainer.run(options.report)
    model.diffusion.load_state_dict(trainer.best_weights())
