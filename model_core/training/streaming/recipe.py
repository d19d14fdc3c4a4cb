"""The recipe `streaming`: the motion of the default model, learned by one that hears no future."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from ...base.assets import BUNDLED_ENCODER
from ...base.errors import UserError
from ...base.settings import plain
from ...encoding.features import BANDS
from ...encoding.whisper.causal_whisper import RANK
from ...encoding.whisper.local_whisper_config import LocalWhisperConfig
from ...encoding.whisper.torch_network import load_local_whisper
from ...layers.regime_head import RegimeHead
from ...models.checkpoint import load_checkpoint
from ...models.registry import STREAMING
from ...models.streaming.config import StreamingSettings
from ...models.streaming.face import save
from ...models.streaming.network import StreamingTalk
from ...models.streaming.torch_steps import EARS, fill
from ...rig.rig import load_face_rig
from ..blending import blended
from ..bundled.losses import SpeechLoss, SpeechLossWeights
from ..loop import Trainer, TrainingConfig, check_alone
from ..options import TrainingOptions, learnt_from
from ..tracked.data import Teacher, anchor_sources
from .data import teach_all, teach_quiet
from .options import StreamingOptions
from .task import StreamingMaterial, StreamingSampling, StreamingTask

CARD = Path(__file__).with_name("streaming_card.md")
TRAINING = TrainingConfig(
    steps=1190,
    learning_rate=8e-4,
    warmup=40,
    final_rate=0.03,
    weight_decay=0.01,
    average=0.97,
    precision="bf16",
    validate_every=50,
    save_every=50,
)
SHARPNESS = 2.0
LEANS = 1.05, 1.13, 1.2, 1.3, 1.4  # by delay: who hears more closes less by mistake
_GATE = 30.0  # per nat: with that of `SpeechLoss` motion's gradients were ten times the gate's
_HEAD = "head."
_FRAMES_A_MINUTE = 60 * 60
_TOLD_OTHERWISE = ("imitated", "begun", "begun_share")  # by digests, or at the end alone
_QUIET_SOUNDS, _ASIDE, _MOST_ASIDE = 24, 25, 12


def train(options: TrainingOptions) -> Path:
    """Distil a streaming model on the sounds of a corpus or of any folder; no labels are needed.

    Returns:
        The folder of the finished checkpoint.

    Raises:
        UserError: there are no sounds, or the model to imitate is not fit for it, or a launcher
            started several processes.
    """
    check_alone(options.recipe)
    chosen = options.streaming
    teacher = Teacher(chosen.imitated)
    model = _student(teacher, options.seed)
    if chosen.begun:
        go_on_from(chosen.begun, model)
    before = deepcopy(model)
    loss = SpeechLoss(load_face_rig(), settings_of(teacher).names, SpeechLossWeights(gate=_GATE))
    deviation = model.standardise.deviation[:-BANDS].numpy()
    task = StreamingTask(
        _material(options, teacher), loss, deviation, StreamingSampling(), options.seed
    )
    config = replace(TRAINING, seed=options.seed, steps=options.steps or TRAINING.steps)
    begun = Teacher(chosen.begun).digest() if chosen.begun else ""
    choices = learnt_from(chosen, _TOLD_OTHERWISE, begun=begun, data=str(options.data))
    trainer = Trainer(model, task, config, options.output, f"{teacher.digest()} {choices}")
    trainer.begin(options.say, streaming=plain(chosen), data=str(options.data))
    trainer.run(options.report)
    mixed = blended(before, trainer.result(), 1.0 - chosen.begun_share)
    scores = task.validate(mixed) if chosen.begun_share else trainer.scores()
    card = _card(options, task, config.steps, scores)
    settings = settings_of(teacher)
    return save(options.output / "checkpoint", finished(mixed, settings), settings, card)


def _card(
    options: TrainingOptions, task: StreamingTask, steps: int, scores: Mapping[str, float]
) -> str:
    """Return the card of what a run made: its own data, steps and loss."""
    material, chosen = task.material, options.streaming
    frames = sum(len(heard[0].levels) for heard in material.sounds)
    return CARD.read_text(encoding="utf-8").format(
        imitated=chosen.imitated.resolve().name,
        steps=f"{steps:,}",
        begun=_begun(chosen),
        minutes=frames / _FRAMES_A_MINUTE,
        sounds=len(material.sounds),
        aside=len(material.validation),
        loss=scores["loss"],
        latest=scores["latest_mm"],
        soonest=scores["soonest_mm"],
    )


def _begun(chosen: StreamingOptions) -> str:
    """Say of which model a run went on, and what stayed of it."""
    if not chosen.begun:
        return ""
    name, share = chosen.begun.resolve().name, chosen.begun_share
    mean = f" (whose weights are {share:.0%} of the mean that these are)" if share else ""
    return f", begun from `{name}`{mean}"


def finished(model: StreamingTalk, settings: StreamingSettings) -> StreamingTalk:
    """Make the gates surer and lean them to closed: in doubt they would close lips by half."""
    for head, lean in _leaning(model, settings):
        head.sharpen(settings.sharpness)
        head.lean(lean)
    return model


def _unfinished(model: StreamingTalk, settings: StreamingSettings) -> StreamingTalk:
    """Give back to the gates the odds that they were trained to."""
    for head, lean in _leaning(model, settings):
        head.lean(-lean)
        head.sharpen(1 / settings.sharpness)
    return model


def _leaning(
    model: StreamingTalk, settings: StreamingSettings
) -> Iterable[tuple[RegimeHead, float]]:
    return zip(cast(list[RegimeHead], list(model.heads)), settings.leans, strict=True)


def settings_of(teacher: Teacher) -> StreamingSettings:
    """Return the settings of a streaming model that imitates another one."""
    known = teacher.settings()
    heard = replace(known.decoder, inputs=known.decoder.heard, lower=0)  # its ears give one layer
    decoder = replace(heard, lookahead=0, causal=True, dropout=0.0, tongue=0, manners=0)
    return StreamingSettings(
        decoder=decoder,
        styles=known.styles,
        names=known.shapes,
        rank=RANK,
        sharpness=SHARPNESS,
        leans=LEANS,
    )


def go_on_from(folder: Path, model: StreamingTalk) -> None:
    """Give a model what a streaming checkpoint was trained to. Raises `UserError` if not fit."""
    checkpoint = load_checkpoint(folder)
    if checkpoint.config.get("kind") != STREAMING:
        raise UserError(f"The model in {folder} is not for live sound; --begun needs one that is.")
    fill(model, checkpoint, BUNDLED_ENCODER)
    _unfinished(model, StreamingSettings.from_config(checkpoint.config))


def _student(teacher: Teacher, seed: int) -> StreamingTalk:
    """The streaming model as it begins: the other one's weights, made causal."""
    torch.manual_seed(seed)
    model = StreamingTalk(settings_of(teacher))
    known = teacher.model().state_dict()
    begun = {name: known[name] for name in model.state_dict() if name in known}
    own = {n.removeprefix(_HEAD): value for n, value in known.items() if n.startswith(_HEAD)}
    for index, delay in enumerate(model.delays):
        begun |= {f"heads.{index}.{name}": _widened(value, delay) for name, value in own.items()}
    ears = load_local_whisper(BUNDLED_ENCODER, LocalWhisperConfig()).state_dict()
    begun |= {f"{EARS}{name}": _past(name, value) for name, value in ears.items()}
    model.load_state_dict({**model.state_dict(), **begun})
    model.ears.freeze()
    return model


def _widened(value: Tensor, delay: int) -> Tensor:
    """A head's weight for `delay` tokens more, of which it knows nothing yet; a bias as it is."""
    return F.pad(value, (0, delay * value.shape[1])) if value.ndim > 1 else value


def _past(name: str, value: Tensor) -> Tensor:
    """A weight of the bundled encoder; of relative positions those that are not ahead."""
    return value[:, : value.shape[1] // 2 + 1] if "relative" in name else value


def _material(options: TrainingOptions, teacher: Teacher) -> StreamingMaterial:
    """Hear everything, or read what was heard before."""
    chosen, cache, seed = options.streaming, options.cache / "streaming", options.seed
    options.say("hearing sounds, and sounds without speech")
    pairs = []
    for folder in (options.data, *chosen.sounds):
        sources = anchor_sources(folder, chosen.sound_minutes)
        pairs += teach_all(sources, teacher, cache, seed, options.workers)
        options.say(f"{folder}: {len(sources)} sounds")
    quiet = teach_quiet(_QUIET_SOUNDS, teacher, cache, seed, options.workers)
    aside = range(0, len(pairs), max(_ASIDE, len(pairs) // _MOST_ASIDE))
    kept = [pair for index, pair in enumerate(pairs) if index not in aside]
    if not kept:
        raise UserError("Some sounds are kept aside to check by; give more sounds.")
    return StreamingMaterial(kept, quiet, [pairs[index][0] for index in aside])
