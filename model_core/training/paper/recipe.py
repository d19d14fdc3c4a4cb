"""The paper's recipes: VOCASET, BIWI, and any folder of sound and motion, trained the same way."""

from collections.abc import Callable
from pathlib import Path

import torch

from ...datasets.dataset import FaceDataset
from ...datasets.registry import DATASETS
from ...encoding.features import speech_features
from ...encoding.frame_wav2vec2 import FrameWav2Vec2
from ...encoding.frozen_encoder import frozen_encoder
from ...models.talking_head.network import TalkingHead
from ...models.talking_head.options import PaperOptions
from ...models.talking_head.run import Run
from ...speech.audio import Samples
from ..loop import Trainer, is_first, join_processes
from ..options import TrainingOptions
from .epoch_clock import EpochClock
from .export import export
from .losses import PaperLossWeights
from .plan import plan_run
from .recogniser import Recogniser
from .sentences import Arrays, SentenceBatches, SentenceTask
from .shared import adam, analysis_folder, fit_to, told_apart


def train(options: TrainingOptions) -> Path:
    """Train as the paper does; a run that was interrupted goes on where it stopped.

    Args:
        options: what to train on and how; its recipe is the kind of dataset, a key of `DATASETS`.

    Returns:
        The run's folder, which `evaluate` takes; `predict` and Blender take ``checkpoint`` in it.

    Raises:
        UserError: the data, an encoder or a recogniser is missing or unfit.
    """
    kind = options.recipe
    dataset, name = DATASETS[kind].open(options.data), options.paper.recogniser
    recogniser = Recogniser.load(name) if name else None
    run = plan_run(kind, dataset, options.paper, recogniser)
    task = _task(dataset, recogniser, options)
    epoch = -(-len(task.training) // task.parts)
    model = _untrained(run, task, options)
    config = adam(options, options.paper.epochs, epoch)
    trainer = Trainer(model, task, config, options.output, told_apart(dataset, options.paper))
    trainer.begin(options.say)
    if is_first():
        run.save(options.output)
    clock = EpochClock(epoch)
    trainer.run(clock.watch(options.report))
    if is_first():
        clock.save(options.output)
        best = run.load_weights(options.output / "best.pt")
        options.say(f"checkpoint: {export(run, best, options.output / 'checkpoint')}")
    return options.output


def _untrained(run: Run, task: SentenceTask, options: TrainingOptions) -> TalkingHead:
    """Return the model as training begins: fresh but for a pretrained encoder, or another run's."""
    torch.manual_seed(options.seed)
    if options.paper.initial:
        return run.load_weights(Path(options.paper.initial) / "best.pt")
    model = run.build()
    if options.paper.tunes:
        model.encoder = FrameWav2Vec2.pretrained(options.paper.encoder, options.paper.fold)
    else:
        heard = [task.batches.features(sentence) for sentence in task.training]
        fit_to(model.decoder.standardise, heard)
    return model


def _task(
    dataset: FaceDataset, recogniser: Recogniser | None, options: TrainingOptions
) -> SentenceTask:
    """Prepare the sentences; processes after the first find them done."""
    training, validation = dataset.sentences("train"), dataset.sentences("val")
    options.say(f"{len(training)} training and {len(validation)} validation sentences")
    paper = options.paper
    analyse = _analysis(dataset, paper, recogniser)
    models = (paper.encoder, paper.tunes, paper.recogniser)
    batches = SentenceBatches(dataset, analyse, analysis_folder(options, dataset, *models))
    processes = join_processes()
    with processes.main_process_first():
        batches.prepare([*training, *validation])
    parts = paper.accumulate * processes.num_processes
    return SentenceTask(batches, training, validation, PaperLossWeights(), options.seed, parts)


def _analysis(
    dataset: FaceDataset, paper: PaperOptions, recogniser: Recogniser | None
) -> Callable[[Samples], Arrays]:
    """What the frozen models make of a sentence: ``features``, ``heard`` and ``letters``."""
    encoder = None if paper.tunes else frozen_encoder(paper.encoder)

    def analyse(samples: Samples) -> Arrays:
        arrays: Arrays = {}
        if encoder is not None:
            arrays["features"] = speech_features(samples, encoder, dataset.fps)
        if recogniser is not None:
            arrays["heard"], arrays["letters"] = recogniser.hear(samples)
        return arrays

    return analyse
