"""GLDiTalker's recipe: the quantised space first, then the diffusion of its latents."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ...datasets.dataset import FaceDataset
from ...datasets.registry import DATASETS
from ...encoding.frozen_encoder import frozen_encoder
from ...models.glditalker.face import GLDiTalkerSettings, paired_features, save
from ...models.glditalker.latent_diffusion import LatentDiffusion
from ...models.glditalker.network import GLDiTalker, space_of
from ...models.glditalker.space import QuantisedSpace, VertexSpace
from ...rig.pyramid.pyramid import Layer
from ...speech.audio import Samples
from ..loop import Trainer, TrainingConfig, check_alone
from ..options import TrainingOptions
from ..paper.sentences import Arrays, SentenceBatches
from ..paper.shared import adam, analysis_folder, fit_to, told_apart
from .card import card
from .folders import CHECKPOINT, LATENTS, SPACE
from .latent_task import LatentTask
from .plan import plan_layers, plan_settings
from .space_task import SpaceTask

PREFIX = "gld-"
_HALVING = {"vocaset": 20, "biwi": 50}  # epochs after which stage 1's rate is halved
_LATENT_HALVING = 50
_DECAY = 0.002  # stage 1's, of weights


def train(options: TrainingOptions) -> Path:
    """Train both stages; a run that was interrupted goes on where it stopped.

    Args:
        options: what to train on and how; its recipe is ``gld-`` and the kind of dataset.

    Returns:
        The run's folder, which `evaluate` takes; `predict` and Blender take ``checkpoint`` in it.

    Raises:
        UserError: the data, its mesh or the encoder is missing or unfit, or a launcher started
            several processes.
    """
    check_alone(options.recipe)
    kind = options.recipe.removeprefix(PREFIX)
    dataset = DATASETS[kind].open(options.data)
    frozen_encoder(options.gld.speech_encoder)  # complains at once if it is not there
    layers = plan_layers(dataset, options.gld, options.paper.lips)
    settings = plan_settings(kind, dataset, options.gld, layers)
    space = _train_space(kind, dataset, settings, layers, options)
    diffusion = _train_latents(dataset, settings, space, options)
    model = GLDiTalker(settings.model)
    model.space, model.diffusion = space, diffusion
    made = save(options.output / CHECKPOINT, model, settings, card(dataset.name, settings))
    options.say(f"checkpoint: {made}")
    return options.output


def _train_space(
    kind: str,
    dataset: FaceDataset,
    settings: GLDiTalkerSettings,
    layers: list[Layer],
    options: TrainingOptions,
) -> QuantisedSpace | VertexSpace:
    """Return stage 1 with the weights that are best on validation."""
    torch.manual_seed(options.seed)
    space = space_of(settings.model, [layer.spirals for layer in layers])
    if isinstance(space, VertexSpace):
        return space
    training, validation = dataset.sentences("train"), dataset.sentences("val")
    space.scale.copy_(torch.tensor(_root_mean_square(dataset.offsets(one) for one in training)))
    task = SpaceTask(dataset, training, validation, options.seed, options.paper.accumulate)
    halving = _HALVING.get(kind, _LATENT_HALVING)
    config = _halving(options, len(training), options.paper.epochs, halving)
    config = replace(config, weight_decay=_DECAY)
    made_from = told_apart(dataset, *_mesh_choices(options))
    trainer = Trainer(space, task, config, options.output / SPACE, made_from)
    trainer.begin(options.say, "stage 1")
    trainer.run(options.report)
    space.load_state_dict(trainer.best_weights())
    return space


def _train_latents(
    dataset: FaceDataset,
    settings: GLDiTalkerSettings,
    space: QuantisedSpace | VertexSpace,
    options: TrainingOptions,
) -> LatentDiffusion:
    """Return stage 2 with the weights that are best on validation."""
    training, validation = dataset.sentences("train"), dataset.sentences("val")
    folder = analysis_folder(options, dataset, options.gld.speech_encoder, "pairs")
    batches = SentenceBatches(dataset, _analysis(dataset, options), folder)
    batches.prepare([*training, *validation])
    seed, parts = options.seed, options.paper.accumulate
    task = LatentTask(batches, space, training, validation, seed, parts)
    torch.manual_seed(seed)
    model = LatentDiffusion(settings.model.diffusion)
    _standardise(model, task)
    epochs = options.gld.latent_epochs or options.paper.epochs
    config = _halving(options, len(training), epochs, _LATENT_HALVING)
    heard = options.gld.speech_encoder, options.gld.noise_steps
    made_from = told_apart(dataset, *_mesh_choices(options), *heard)
    trainer = Trainer(model, task, config, options.output / LATENTS, made_from)
    trainer.begin(options.say, "stage 2")
    trainer.run(options.report)
    model.load_state_dict(trainer.best_weights())
    return model


def _mesh_choices(options: TrainingOptions) -> tuple[object, ...]:
    """Choices of stage 1's layers that its weights' sizes do not tell."""
    chosen = options.gld
    return chosen.kernel, chosen.dilation, chosen.pooling, chosen.mesh, options.paper.lips


def _analysis(dataset: FaceDataset, options: TrainingOptions) -> Callable[[Samples], Arrays]:
    """What the frozen encoder makes of a sentence: ``features`` (T, 2 C)."""
    encoder = frozen_encoder(options.gld.speech_encoder)

    def analyse(samples: Samples) -> Arrays:
        return {"features": paired_features(samples, encoder, dataset.fps)}

    return analyse


def _root_mean_square(motions: Iterable[np.ndarray]) -> float:
    """Return the root mean square of offsets (T, V, 3) of many sentences; 1 if nothing moves."""
    means = [(np.square(each, dtype=np.float64).mean(), len(each)) for each in motions]
    squares, frames = np.array(means).T
    return float(np.sqrt(squares @ frames / frames.sum())) or 1.0


def _standardise(model: LatentDiffusion, task: LatentTask) -> None:
    """Fit what the diffusion counts in to the training sentences.

    Latents are counted from each one's mean, but in one deviation for all: a latent that hardly
    moves must not count as much as one that does.
    """
    fit_to(model.hears, [task.batches.features(sentence) for sentence in task.training])
    frames = sum(task.latents(one).shape[1] for one in task.training)
    width = model.config.latent
    mean = torch.zeros(width, dtype=torch.float64)
    squares = torch.zeros((), dtype=torch.float64)
    for one in task.training:
        mean += task.latents(one).double().sum(dim=(0, 1)) / frames
    for one in task.training:
        squares += (task.latents(one) - mean).square().sum() / (frames * width)
    model.counts.fit(mean.float(), squares.sqrt().float().expand(width))


def _halving(options: TrainingOptions, sentences: int, epochs: int, halving: int) -> TrainingConfig:
    """Adam, its rate halved every so many epochs."""
    epoch = -(-sentences // options.paper.accumulate)  # steps
    return replace(adam(options, epochs, epoch), halve_every=halving * epoch)
