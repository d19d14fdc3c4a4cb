"""MambaTalk's recipe: a prior for each part, then the scans."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from ...articulation.styles import STYLES
from ...corpus.store import INDEX as STORE_INDEX
from ...datasets.motion_folder import MotionFolder
from ...encoding.registry import EncoderConfig
from ...models.mambatalk.config import MambaTalkConfig
from ...models.mambatalk.face import MambaTalkSettings, save
from ...models.mambatalk.network import MambaTalk
from ...models.mambatalk.parts import PARTS
from ..loop import Trainer, TrainingConfig, check_alone
from ..options import TrainingOptions
from ..paper.shared import fit_to
from .card import card
from .clips import FPS, Clips, CorpusRecipe, corpus_clips, motion_clips
from .prior_task import PriorTask
from .scan_task import ScanTask
from .windows import Windows

CHECKPOINT, SCANS = "checkpoint", "scans"
PRIOR_WINDOW, SCAN_WINDOW = 64, 160  # frames
PRIOR_BATCH, SCAN_BATCH = 32, 8  # windows
PRIOR_TRAINING = TrainingConfig(
    steps=1, learning_rate=1e-3, warmup=50, final_rate=0.05, validate_every=100, save_every=100
)
SCAN_TRAINING = TrainingConfig(
    steps=900,
    learning_rate=1.5e-3,
    warmup=60,
    final_rate=0.03,
    weight_decay=0.02,
    clip_norm=0.99,
    average=0.99,
    validate_every=100,
    save_every=50,
)
_DROPOUT = 0.1


def train(options: TrainingOptions) -> Path:
    """Train both stages; a run that was interrupted goes on where it stopped.

    Args:
        options: what to train on and how. Its data is a corpus (folders ``train`` and ``eval`` of
            `corpus build`) or a folder of motions with sounds.

    Returns:
        The folder of the finished checkpoint.

    Raises:
        UserError: the data is missing or unfit, or a launcher started several processes.
    """
    check_alone(options.recipe)
    _sizes(options, 1, 1)  # complains at once if a width cannot be
    options.say("preparing clips (features and performances)")
    training, validation, styles = _clips(options)
    model = build(options, training.features.shape[1], len(styles))
    for part in PARTS:
        _train_prior(part, model, training, validation, options)
    _train_scans(model, training, validation, options)
    settings = MambaTalkSettings(encoder=EncoderConfig(), model=model.config, styles=styles)
    return save(options.output / CHECKPOINT, model, settings, card(settings, options.data.name))


def build(options: TrainingOptions, inputs: int, styles: int) -> MambaTalk:
    """Return an untrained model for features of C = `inputs` channels, and so many styles."""
    torch.manual_seed(options.seed)
    return MambaTalk(_sizes(options, inputs, styles))


def _sizes(options: TrainingOptions, inputs: int, styles: int) -> MambaTalkConfig:
    """Return the sizes asked for. Raises `UserError` if one cannot be."""
    chosen, config = options.mambatalk, MambaTalkConfig.default(inputs, styles)
    width = chosen.scan_width
    scans = replace(config.scans, width=width, hidden=2 * width, dropout=_DROPOUT)
    priors = {part: replace(it, width=chosen.prior_width) for part, it in config.priors.items()}
    return replace(config, scans=scans, priors=priors)


def _clips(options: TrainingOptions) -> tuple[Clips, Clips, tuple[str, ...]]:
    """Make or find the clips to learn from and those held out, and the names of the styles."""
    folder, chosen = options.cache / "performances", options.mambatalk
    if (options.data / "train" / STORE_INDEX).exists():
        learnt = CorpusRecipe(
            options.data / "train", chosen.clips, chosen.performances, options.seed
        )
        held_out = replace(learnt, store=options.data / "eval", clips=-(-chosen.clips // 8))
        both = (corpus_clips(each, folder, options.workers) for each in (learnt, held_out))
        return (*both, tuple(STYLES))  # type: ignore[return-value]
    dataset = MotionFolder(options.data)
    if strangers := {each.subject for each in dataset.sentences("val")} - set(dataset.styles):
        names = ", ".join(sorted(strangers))
        options.say(f"validated in the styles of those trained on, having no training: {names}")
    learned, unseen = (motion_clips(dataset, split, folder) for split in ("train", "val"))
    return learned, unseen, dataset.styles


def _train_prior(
    part: str, model: MambaTalk, training: Clips, validation: Clips, options: TrainingOptions
) -> None:
    """Train a part's prior, and leave it with the weights that are best on validation."""
    learned, unseen = (_windows(each, PRIOR_WINDOW, options) for each in (training, validation))
    task = PriorTask(part, learned, unseen, options.seed, PRIOR_BATCH)
    prior = model.prior(part)
    prior.standardise.fit(*task.statistics)
    config = _config(PRIOR_TRAINING, options.mambatalk.prior_steps, options.seed)
    made_from = f"{training.name} {validation.name}"
    told = asdict(prior.config)
    _run(part, Trainer(prior, task, config, options.output / part, made_from), options, told)


def _train_scans(
    model: MambaTalk, training: Clips, validation: Clips, options: TrainingOptions
) -> None:
    """Train the scans over the priors, and leave them with the best weights."""
    learned, unseen = (_windows(each, SCAN_WINDOW, options) for each in (training, validation))
    task = ScanTask(model, learned, unseen, options.seed, SCAN_BATCH)
    scans = model.scans.requires_grad_(True)
    fit_to(scans.standardise, [training.features.astype("float32")])
    config = _config(SCAN_TRAINING, options.steps or SCAN_TRAINING.steps, options.seed)
    made_from = f"{training.name} {validation.name}"
    told = asdict(model.config.scans)
    _run(SCANS, Trainer(scans, task, config, options.output / SCANS, made_from), options, told)


def _windows(clips: Clips, frames: int, options: TrainingOptions) -> Windows:
    """Return windows of clips, and say how many of these are too short for them."""
    windows = Windows.of(clips, frames)
    if short := len(clips.rows) - len(windows.clips.rows):
        seconds = windows.frames / FPS
        options.say(f"{short} of {len(clips.rows)} clips left out, shorter than {seconds:.1f} s")
    return windows


def _config(usual: TrainingConfig, steps: int, seed: int) -> TrainingConfig:
    """Return how to train for so many steps; a short run warms up no longer than its tenth."""
    return replace(usual, steps=steps, seed=seed, warmup=min(usual.warmup, max(1, steps // 10)))


def _run(name: str, trainer: Trainer[Any], options: TrainingOptions, sizes: dict[str, Any]) -> None:
    """Train or go on, and give the module, of such sizes, the weights that were best."""
    trainer.begin(options.say, name, model=sizes)
    trainer.run(options.report)
    trainer.plain.load_state_dict(trainer.best_weights())
    trainer.plain.eval()
