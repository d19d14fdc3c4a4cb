"""The recipe of the model that ships: articulated speech, frozen whisper features, 60 fps."""

import os
from dataclasses import asdict, replace
from pathlib import Path

import torch

from ...articulation.styles import STYLES
from ...base.arrays import Array
from ...encoding.feature_variation import FeatureVariation
from ...encoding.registry import EncoderConfig
from ...layers.regime_head import RegimeHead
from ...models.jambatalk.face import JambaTalkSettings, save
from ...models.jambatalk.network import JambaTalk, JambaTalkConfig
from ...rig.rig import load_face_rig
from ...rig.shapes import SPEECH_SHAPES
from ..loop import Trainer, TrainingConfig, is_first
from ..options import TrainingOptions
from .clips import ClipRecipe, cache_clips, targets_path
from .losses import SpeechLoss, SpeechLossWeights
from .speech import CachedClips, Sampling, SpeechTask

FPS = 60.0
CARD = Path(__file__).with_name("default_card.md")
BATCHES = 2  # in one step
DROPOUT = 0.1
SHARPNESS = 2.0  # of the gate, against what it learned: fewer closures half made
# Real English is scarce and worth more than its minutes; one Russian must not outweigh the rest.
SOURCES = {"asterisk": 2.0, "packages-training": 3.0, "warzone": 1.5, "festvox-ru": 0.6}
TRAINING = TrainingConfig(
    steps=850,
    learning_rate=1.5e-3,
    warmup=60,
    final_rate=0.02,
    weight_decay=0.02,
    average=0.99,
    precision="bf16",
    validate_every=100,
    save_every=50,
)


def train(options: TrainingOptions) -> Path:
    """Train on a corpus (folders ``train`` and ``eval`` of `corpus build`).

    Returns:
        The folder of the finished checkpoint.

    Raises:
        UserError: the corpus is missing.
    """
    config = _config(options)
    clips, validation = _clips(options)
    task = SpeechTask(
        clips=CachedClips(clips),
        validation=CachedClips(validation),
        loss=SpeechLoss(load_face_rig(), SPEECH_SHAPES, SpeechLossWeights()),
        sampling=Sampling(sources=SOURCES),
        variation=FeatureVariation(),
        seed=options.seed,
    )
    model = build(task.statistics, options.seed)
    made_from = f"{clips.name} {targets_path(clips).name}"
    trainer = Trainer(model, task, config, options.output, made_from)
    trainer.begin(options.say, decoder=asdict(model.config))
    trainer.run(options.report)
    made = options.output / "checkpoint"
    if is_first():
        export(trainer.result(), made)
    return made


def _config(options: TrainingOptions) -> TrainingConfig:
    """Return the settings; the batches of a step are divided among processes (torchrun)."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    return replace(
        TRAINING,
        seed=options.seed,
        steps=options.steps or TRAINING.steps,
        accumulate=max(1, BATCHES // processes),
    )


def _clips(options: TrainingOptions) -> tuple[Path, Path]:
    """Make or find the cached clips of the corpus: to learn from, and held out."""
    options.say("preparing clips (features and targets)")
    train_recipe = ClipRecipe(options.data / "train", FPS, augment=True, seed=options.seed)
    eval_recipe = ClipRecipe(options.data / "eval", FPS, augment=False, seed=options.seed)
    folder = options.cache / "clips"
    return (
        cache_clips(train_recipe, folder / "train", options.workers),
        cache_clips(eval_recipe, folder / "eval", options.workers),
    )


def build(statistics: tuple[Array, Array], seed: int) -> JambaTalk:
    """Return an untrained model for features of some mean and deviation (C,)."""
    torch.manual_seed(seed)
    config = JambaTalkConfig.default(len(statistics[0]), len(SPEECH_SHAPES), len(STYLES))
    model = JambaTalk(replace(config, dropout=DROPOUT))
    model.standardise.fit(*map(torch.from_numpy, statistics))
    return model


def export(model: JambaTalk, folder: Path) -> Path:
    """Write a trained model as a checkpoint, in half precision, with the bundled encoder.

    Its gate is sharpened; call it once.
    """
    if isinstance(model.head, RegimeHead):
        model.head.sharpen(SHARPNESS)
    settings = JambaTalkSettings(
        encoder=EncoderConfig(),
        decoder=model.config,
        styles=tuple(STYLES),
        names=SPEECH_SHAPES,
    )
    card = CARD.read_text(encoding="utf-8")
    return save(folder, model, settings, card, half=True)
