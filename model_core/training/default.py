"""The recipe of the model that ships: articulated speech, frozen whisper features, 60 fps."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from ..articulation.styles import STYLES
from ..encoder import EncoderConfig
from ..face.rig import load_face_rig
from ..face.shapes import SPEECH_SHAPES
from ..jambatalk import JambaTalk, JambaTalkConfig
from ..jambatalk_face import JambaTalkSettings, save
from .clips import ClipRecipe, cache_variants
from .loop import Trainer, TrainingConfig, write_settings
from .losses import SpeechLoss, SpeechLossWeights
from .options import TrainingOptions
from .speech import CachedClips, Sampling, SpeechTask, feature_statistics

FPS = 60.0
CARD = Path(__file__).with_name("default_card.md")
VARIANTS = 3
# Real speech is scarce and worth more than its minutes; formant synthesis the reverse.
SOURCES = {"asterisk": 3.0, "espeak": 0.6}
TRAINING = TrainingConfig(
    steps=1800,
    learning_rate=2e-3,
    warmup=60,
    final_rate=0.02,
    weight_decay=0.02,
    average=0.99,
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
    training, validation = _clips(options)
    model = build(training, options.seed)
    task = SpeechTask(
        training,
        validation,
        SpeechLoss(load_face_rig(), SPEECH_SHAPES, SpeechLossWeights()),
        Sampling(sources=SOURCES),
        options.seed,
    )
    config = replace(TRAINING, seed=options.seed, steps=options.steps or TRAINING.steps)
    trainer = Trainer(model, task, config, options.output)
    write_settings(options.output, {"training": asdict(config), "decoder": asdict(model.config)})
    options.say("resuming" if trainer.resume() else "starting")
    trainer.run(options.report)
    return export(trainer.result(), options.output / "checkpoint")


def _clips(options: TrainingOptions) -> tuple[list[CachedClips], CachedClips]:
    """Make or find the cached variants of the corpus."""
    options.say("preparing clips (features and targets)")
    train_recipe = ClipRecipe(options.data / "train", FPS, augment=True, seed=options.seed)
    eval_recipe = ClipRecipe(options.data / "eval", FPS, augment=False, seed=options.seed)
    folder = options.cache / "clips"
    variants = cache_variants(train_recipe, folder / "train", VARIANTS, options.workers)
    held_out = cache_variants(eval_recipe, folder / "eval", 1, options.workers)
    return [CachedClips(variant) for variant in variants], CachedClips(held_out[0])


def build(training: Sequence[CachedClips], seed: int) -> JambaTalk:
    """Return an untrained model that standardises features as the clips need."""
    torch.manual_seed(seed)
    inputs = training[0].features.shape[1]
    model = JambaTalk(JambaTalkConfig.default(inputs, len(SPEECH_SHAPES), len(STYLES)))
    model.standardise.fit(*feature_statistics(training[:1]))
    return model


def export(model: JambaTalk, folder: Path) -> Path:
    """Write a trained model as a checkpoint, in half precision, with the bundled encoder."""
    settings = JambaTalkSettings(
        encoder=EncoderConfig(),
        decoder=model.config,
        styles=tuple(STYLES),
        names=SPEECH_SHAPES,
    )
    card = CARD.read_text(encoding="utf-8")
    return save(folder, model, settings, card, half=True)
