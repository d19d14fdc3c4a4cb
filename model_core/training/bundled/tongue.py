"""The recipe of the tongue's head: added to a model that ships, of which nothing else changes.

What the model's encoder heard and its layers made of it is computed once a frame; on that a small
head learns what the articulation rules say of the tongue. Minutes on a CPU, so it is done again
after the model was trained anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...articulation.tongue import articulate_tongue
from ...base.arrays import Array, Floats
from ...base.assets import DEFAULT_CHECKPOINT
from ...base.errors import UserError
from ...base.statistics import auc
from ...corpus.store import Utterance, load_samples, read_store
from ...encoding.features import speech_features
from ...encoding.registry import load_encoder
from ...encoding.speech_encoder import SpeechEncoder
from ...engine.choice import Runtime
from ...layers.side_head import SideHead
from ...models.checkpoint import load_checkpoint
from ...models.jambatalk.face import JambaTalkSettings
from ...models.jambatalk.network import JambaTalk
from ...models.jambatalk.torch_decoder import load_jambatalk
from ...rig.arkit import SPEECH_TONGUE
from ...speech.phones import Phone
from ..loop import check_alone
from ..options import TrainingOptions
from .additions import enlarged, save_addition

STEPS, BATCH, LEARNING_RATE = 2500, 1024, 2e-3
DROPOUT = 0.2  # of what the head sees, so that it does not learn voices by heart
_SPOKEN = {"tongueTipUp": "t d n l", "tongueUp": "k g N", "tongueOut": "T D"}
"""Sounds that each channel is told by."""


@dataclass(frozen=True)
class _Heard:
    """N tokens of speech: what the head sees (N, C), what the rules say (N, fold K), and phones."""

    seen: Tensor
    wanted: Tensor
    phones: list[tuple[Phone, ...]]
    lengths: list[int]


def train(options: TrainingOptions) -> Path:
    """Train on a corpus (stores ``train`` and ``eval`` of `corpus build`).

    Returns:
        The folder of a copy of the model that ships, with a tongue.

    Raises:
        UserError: the corpus is missing, or a launcher started several processes.
    """
    check_alone(options.recipe)
    torch.manual_seed(options.seed)
    stored = load_checkpoint(DEFAULT_CHECKPOINT)
    settings = JambaTalkSettings.from_config(stored.config)
    model = enlarged(load_jambatalk(stored, settings.decoder), "tongue", tongue=len(SPEECH_TONGUE))
    encoder = load_encoder(settings.encoder, stored.folder, Runtime("torch"))
    options.say("listening to the corpus")
    heard = _listen(options.data / "train", encoder, model)
    held_out = _listen(options.data / "eval", encoder, model)
    _fit(model, heard, options)
    scores = _scores(model, held_out)
    options.say("\n".join(scores))
    return _save(model, settings, scores, options.output / "checkpoint")


def _listen(store: Path, encoder: SpeechEncoder, model: JambaTalk) -> _Heard:
    """Hear the utterances of a store through an encoder and the layers of a model."""
    utterances = read_store(store)
    if not utterances:
        raise UserError(f"{store} holds no utterances; build the corpus first.")
    parts = [_hear(store, each, encoder, model) for each in utterances]
    seen, wanted = (torch.cat(each) for each in zip(*parts, strict=True))
    return _Heard(seen, wanted, [each.phones for each in utterances], [len(s) for s, _ in parts])


@torch.no_grad()
def _hear(
    store: Path, utterance: Utterance, encoder: SpeechEncoder, model: JambaTalk
) -> tuple[Tensor, Tensor]:
    """Return what the head sees of an utterance (n, C), and what it is to say (n, fold K)."""
    config = model.config
    features = speech_features(load_samples(store, utterance), encoder, config.fps)
    features = features[: len(features) // config.fold * config.fold]
    wanted = articulate_tongue(utterance.phones, len(features) / config.fps, config.fps)
    inputs = torch.from_numpy(features)[None]
    seen = _Spy(model)(inputs, torch.zeros(1, dtype=torch.long))
    return seen, torch.from_numpy(wanted).unflatten(0, (-1, config.fold)).flatten(1)


class _Spy:
    """Catches what a model shows the head of its tongue."""

    def __init__(self, model: JambaTalk) -> None:
        self._model = model

    def __call__(self, features: Tensor, style: Tensor) -> Tensor:
        """(1, T, inputs) -> (n, C)."""
        assert self._model.tongue is not None
        caught: list[Tensor] = []
        hook = self._model.tongue.register_forward_pre_hook(lambda _, seen: caught.append(seen[0]))
        self._model(features, style)
        hook.remove()
        return caught[0][0]


def _fit(model: JambaTalk, heard: _Heard, options: TrainingOptions) -> None:
    """Train the head alone, by least squares."""
    head = _head_of(model)
    optimizer = torch.optim.AdamW(head.parameters(), LEARNING_RATE, weight_decay=0.02)
    steps = options.steps or STEPS
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for step in range(1, steps + 1):
        rows = torch.randint(len(heard.seen), (BATCH,))
        seen = torch.nn.functional.dropout(heard.seen[rows], DROPOUT)
        said = head(seen[:, None]).flatten(1)
        loss = (said - heard.wanted[rows]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            options.say(f"step {step}/{steps}: {loss.item():.4f}")


def _head_of(model: JambaTalk) -> SideHead:
    assert model.tongue is not None
    return model.tongue


@torch.no_grad()
def _scores(model: JambaTalk, heard: _Heard) -> list[str]:
    """Return the lines of a table: agreement with the rules, and sounds told from all others."""
    columns = len(SPEECH_TONGUE)
    said = _head_of(model)(heard.seen[:, None]).reshape(-1, columns).clamp(min=0).numpy()
    wanted = heard.wanted.reshape(-1, columns).numpy()
    table = ["| | r with the rules | sounds | AUC |", "|---|---:|---|---:|"]
    for column, name in enumerate(SPEECH_TONGUE):
        r = float(np.corrcoef(said[:, column], wanted[:, column])[0, 1])
        sounds = _SPOKEN.get(name, "")
        area = f"{_area(said[:, column], heard, model, sounds.split()):.3f}" if sounds else ""
        table.append(f"| {name} | {r:.2f} | {sounds} | {area} |")
    return table


def _area(said: Array, heard: _Heard, model: JambaTalk, sounds: Sequence[str]) -> float:
    """Return the area under the curve of telling some sounds from others at their centres."""
    values = list(_at_centres(said, heard, model.config.fps, model.config.fold))
    those = np.array([value for symbol, value in values if symbol in sounds])
    others = np.array([value for symbol, value in values if symbol not in sounds])
    return auc(those, others)


def _at_centres(said: Array, heard: _Heard, fps: float, fold: int) -> Iterator[tuple[str, float]]:
    """Yield each phone and a curve's value at its centre."""
    first = 0
    for phones, tokens in zip(heard.phones, heard.lengths, strict=True):
        curve: Floats = said[first : first + tokens * fold].astype(np.float64)
        first += tokens * fold
        for phone in phones:
            yield phone.symbol, float(curve[min(round(phone.centre * fps), len(curve) - 1)])


def _save(model: JambaTalk, settings: JambaTalkSettings, scores: list[str], folder: Path) -> Path:
    """Write the model with its tongue, its graphs, and a card that tells of it."""
    named = replace(settings, decoder=model.config, names=(*settings.shapes, *SPEECH_TONGUE))
    told = [
        "## The tongue",
        "",
        "Four channels of a tongue come with the lips, for meshes that have one, by a head of",
        "their own (`train --config tongue`; nothing else of the model changes): trained on what",
        "the rules make of known phones. On voices it did not hear, against those rules, and as",
        "told at the centres of phones:",
        "",
        *scores,
        "",
    ]
    return save_addition(DEFAULT_CHECKPOINT, model, named, "\n".join(told), folder)
