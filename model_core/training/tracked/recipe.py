"""The recipe `tracked`: a model that moves well is tuned to lips as they were seen in video.

Two kinds of crops make a batch. *Tracked* ones have lips to follow (see `tracked_targets`).
*Anchors*, of many other voices, keep what the model knew: their target is the model's own motion
before, corrected by the phones where these are known. Their error along the jaw counts less, so
that amplitudes may be learnt from the faces. Anchors are also heard in hard conditions, to which
the motion is to stay what it was without, and there are sounds without speech, to which the face
rests.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import torch

from ...articulation.upper_lip import upper_lip_map
from ...base.arrays import Array
from ...base.errors import UserError
from ...base.settings import plain
from ...datasets.tracked import TrackedClip, read_tracked
from ...layers.regime_head import RegimeHead
from ...models.jambatalk.face import JambaTalkSettings, save
from ...models.jambatalk.network import JambaTalk
from ...rig.rig import load_face_rig
from ..blending import blended
from ..bundled.default import CARD
from ..loop import Trainer, TrainingConfig, check_alone
from ..options import TrainingOptions, learnt_from
from .data import Part, Source, Teacher, anchor_sources, hear_all, hear_quiet
from .loss import TrackedLoss, TrackedLossWeights
from .options import TrackedOptions
from .targets import Followed, follow
from .task import TrackedMaterial, TrackedSampling, TrackedTask

DROPOUT = 0.1
TRAINING = TrainingConfig(
    steps=260,
    learning_rate=3e-4,
    warmup=20,
    final_rate=0.02,
    weight_decay=0.02,
    average=0.97,
    validate_every=65,
    save_every=20,
)
_HELD_OUT = 10  # every tenth clip of a speaker is kept aside
_TRACKED_SPEEDS = (0.84, 1.19)
_ANCHOR_SPEEDS = (0.8, 1.55)
_CHANGED = 2  # times that each sound is heard changed
_QUIET_SOUNDS = 24
_AT_THE_END = ("blend", "sharpness", "lean", "upper_lip", "teacher", "start")  # or told by digests


def train(options: TrainingOptions) -> Path:
    """Tune a model on a folder of tracked lips (see `datasets.tracked`).

    Returns:
        The folder of the finished checkpoint.

    Raises:
        UserError: tracks, anchors or the teacher are missing or not fit for it, or a launcher
            started several processes.
    """
    check_alone(options.recipe)
    chosen = options.tracked
    teacher = Teacher(chosen.teacher, chosen.ears)
    settings = teacher.settings()
    _check_blend(teacher, chosen)
    loss = TrackedLoss(load_face_rig(), settings.shapes, TrackedLossWeights())
    task = TrackedTask(_material(options, teacher, loss), loss, TrackedSampling(), options.seed)
    config = replace(TRAINING, seed=options.seed, steps=options.steps or TRAINING.steps)
    begun = Teacher(chosen.start or chosen.teacher, chosen.ears)
    hearing = partial(used_to, statistics=task.statistics)
    choices = learnt_from(chosen, _AT_THE_END, data=str(options.data))
    made_from = f"{teacher.digest()} {begun.digest()} {choices}"
    student = hearing(_student(begun, chosen.only_lower))
    trainer = Trainer(student, task, config, options.output, made_from)
    trainer.begin(options.say, tracked=plain(chosen))
    trainer.run(options.report)
    tuned = trainer.result()
    before = with_new_layers(hearing(teacher.model()), tuned)
    model = finished(blended(before, tuned, chosen.blend), settings, chosen)
    settings = replace(settings, decoder=replace(model.config, dropout=0.0))
    card = CARD.read_text(encoding="utf-8")
    return save(options.output / "checkpoint", model, settings, card, half=True)


def _check_blend(teacher: Teacher, chosen: TrackedOptions) -> None:
    """Raise `UserError` if a blend leaves nothing of what is learnt."""
    if chosen.blend:
        return
    lower = teacher.model().lower
    if lower is None or lower.mix.weight.any():
        raise UserError(
            "--blend 0 gives back the teacher, who hears these layers already; give a share above "
            "0, or a teacher to whom some are new."
        )


def _material(options: TrainingOptions, teacher: Teacher, loss: TrackedLoss) -> TrackedMaterial:
    """Hear everything, or read what was heard before."""
    chosen, cache, seed = options.tracked, options.cache / "tracked", options.seed
    styles = len(teacher.settings().styles)
    options.say("hearing tracked clips, anchors and sounds without speech")
    clips = read_tracked(options.data)
    recordings = [Source((Part(clip.sound),)) for clip in clips]
    hear = partial(hear_all, teacher=teacher, cache=cache, seed=seed, workers=options.workers)
    hear = partial(hear, changed=_CHANGED)
    amplitudes = (chosen.amplitude, chosen.width_spread, chosen.amplitude)
    hearings = hear(recordings, _TRACKED_SPEEDS, 1)
    versions = follow(clips, hearings, loss.lips.double().numpy(), amplitudes)
    followed: dict[str, list[tuple[Followed, ...]]] = defaultdict(list)
    validation = []
    for aside, clip, own in zip(_aside(clips, chosen.hold_out), clips, versions, strict=True):
        if aside:
            validation += [own[0]] if own[0].measured else []
        else:
            followed[clip.speaker].append(own)
    if not (followed and validation):
        raise UserError(
            "Clips are needed both to learn from and to keep aside, with lips that were tracked in "
            "speech; give more clips."
        )
    minutes = chosen.minutes / len(chosen.anchors)
    sources = [anchor_sources(folder, minutes) for folder in chosen.anchors]
    anchors = [heard for own in sources for heard in hear(own, _ANCHOR_SPEEDS, styles)]
    quiet = hear_quiet(_QUIET_SOUNDS, teacher, cache, seed, options.workers)
    return TrackedMaterial(followed, anchors, quiet, validation)


def _aside(clips: Sequence[TrackedClip], speakers: Sequence[str]) -> list[bool]:
    """Whether each clip is kept aside: all of the speakers named, every tenth of the others.

    Raises:
        UserError: a speaker is not there.
    """
    known = {clip.speaker for clip in clips}
    if unknown := set(speakers) - known:
        raise UserError(f"No clips of {', '.join(sorted(unknown))}; there are {sorted(known)}.")
    counted: dict[str, int] = defaultdict(int)
    aside = []
    for clip in clips:
        counted[clip.speaker] += 1
        aside.append(clip.speaker in speakers or counted[clip.speaker] % _HELD_OUT == 0)
    return aside


def _student(begun: Teacher, only_lower: bool) -> JambaTalk:
    """The network of a checkpoint, ready to learn, or the mix of lower layers in it alone."""
    settings = begun.settings()
    model = JambaTalk(replace(settings.decoder, dropout=DROPOUT))
    model.load_state_dict(begun.model().state_dict())
    if only_lower and model.lower is not None:
        model.requires_grad_(False)
        model.lower.requires_grad_(True)
    return model


def used_to(model: JambaTalk, statistics: tuple[Array, Array]) -> JambaTalk:
    """The network, which standardises lower layers that it hears anew by the mean and deviation."""
    lower = model.lower
    if lower is not None and not lower.mix.weight.any():
        of_lower = slice(lower.layer, lower.layer + model.config.lower)
        mean, deviation = (torch.from_numpy(each[of_lower]) for each in statistics)
        lower.standardise.fit(mean, deviation)
    return model


def with_new_layers(teacher: JambaTalk, tuned: JambaTalk) -> JambaTalk:
    """The teacher with what a tuned network mixes in of layers new to him; no blend takes of it."""
    ours, learnt = teacher.lower, tuned.lower
    if ours is not None and learnt is not None and not ours.mix.weight.any():
        ours.load_state_dict(learnt.state_dict())
    return teacher


def finished(model: JambaTalk, settings: JambaTalkSettings, options: TrackedOptions) -> JambaTalk:
    """The network with its gate sharper and leant, its upper lip moving, as the options say."""
    head = cast(RegimeHead, model.head)
    head.sharpen(options.sharpness)
    head.lean(options.lean)
    head.remap(torch.from_numpy(upper_lip_map(settings.shapes, options.upper_lip)).float())
    return model
