"""The phones heard in a sound: a small network on the speech encoder's features, without torch.

It is the classifier of the corpus's aligner (`corpus.alignment.phone_classifier`), trained there by
``python -m model_core train-listener``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ..base.archives import DAMAGED
from ..base.arrays import Array, Flags, Floats
from ..base.assets import ASSETS
from ..base.errors import UserError
from ..speech.phone_classes import CLASSES, SILENCE
from ..speech.phones import Phone, fit_phones, merge_pauses

FPS = 60.0
WEIGHTS = ASSETS / "listener.npz"
_PRIOR_SCALE = 0.7
_SWITCHING = 3.0  # what another phone costs, in log likelihood: fewer and longer ones are heard
_NEVER = -20.0  # log probability


@dataclass(frozen=True)
class Heard:
    """How likely each class of phones is in each frame.

    Attributes:
        posteriors: (T, classes) log probability; frame t stands at t / FPS seconds.
        likelihoods: (T, classes) the same less how common each class is.
    """

    posteriors: Array
    likelihoods: Array

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.posteriors) / FPS

    def sureness(self, phones: Iterable[Phone]) -> float | None:
        """Return how likely phones are on average over their frames; None of no phones."""
        told = [
            self.posteriors[round(phone.start * FPS) : round(phone.end * FPS) + 1, at]
            for phone in phones
            if (at := CLASSES.index(phone.symbol)) != SILENCE
        ]
        return float(np.exp(np.concatenate(told)).mean()) if told else None

    def hushed(self, quiet: Flags) -> Heard:
        """Return the same with nothing but silence where that is sure.

        Args:
            quiet: (n,) whether it is, evenly over the sound.
        """
        at = np.linspace(0, len(quiet) - 1, len(self.posteriors)).round().astype(np.int64)
        sure = np.full(self.posteriors.shape[1], _NEVER, np.float32)
        sure[SILENCE] = 0.0
        silent = quiet[at][:, None]
        return Heard(
            *(np.where(silent, sure, each) for each in (self.posteriors, self.likelihoods))
        )


class Listener:
    """Hears phones in features.

    Args:
        arrays: weights by the names of the network's parts.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self._of = {name: np.asarray(array, np.float32) for name, array in arrays.items()}

    @property
    def context(self) -> int:
        """How many frames before and after one are heard for it."""
        return int(self._of["context.weight"].shape[2]) - 1  # taps 2 frames apart

    def hear(self, blocks: Iterable[NDArray[np.floating]]) -> Heard:
        """Return what is heard in features at `FPS` that come as consecutive blocks (n, C)."""
        logits = np.concatenate(
            [self._logits(block) for block in _in_context(blocks, self.context)]
        )
        posteriors = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return Heard(posteriors, posteriors - _PRIOR_SCALE * self._of["prior"])

    def _logits(self, features: Array) -> Array:
        """Return (T, classes) of features (T + 2 context, C)."""
        scaled = (features - self._of["standardise.mean"]) / self._of["standardise.deviation"]
        projected = _gelu(self._linear("project", scaled))
        taps = np.moveaxis(self._of["context.weight"], 2, 0)  # (taps, H, P)
        frames = len(projected) - 2 * self.context
        heard = self._of["context.bias"] + sum(
            projected[2 * tap : 2 * tap + frames] @ weight.T for tap, weight in enumerate(taps)
        )
        logits: Array = self._linear("output", _gelu(self._linear("hidden", _gelu(heard))))
        return logits

    def _linear(self, name: str, values: Array) -> Array:
        made: Array = values @ self._of[f"{name}.weight"].T + self._of[f"{name}.bias"]
        return made


def _in_context(blocks: Iterable[NDArray[np.floating]], reach: int) -> Iterator[Array]:
    """Yield features (n + 2 reach, C): each frame once between those that are heard for it."""
    held: Array | None = None
    for block in blocks:
        new = block.astype(np.float32)
        held = np.concatenate([np.repeat(new[:1], reach, axis=0) if held is None else held, new])
        if len(held) > 2 * reach:
            yield held
            held = held[len(held) - 2 * reach :]
    if held is not None:
        yield np.concatenate([held, np.repeat(held[-1:], reach, axis=0)])


def _gelu(values: Array) -> Array:
    """Return the Gaussian error linear unit, approximated by tanh (Hendrycks and Gimpel, 2016)."""
    inner = np.sqrt(2.0 / np.pi) * (values + 0.044715 * values**3)
    made: Array = 0.5 * values * (1.0 + np.tanh(inner))
    return made


@cache
def shipped_listener() -> Listener:
    """Return the one that ships. Raises `UserError` if its file is missing or damaged."""
    return load_listener(WEIGHTS)


def load_listener(path: str | os.PathLike[str]) -> Listener:
    """Return the listener of a file. Raises `UserError` if it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Listener(dict(arrays))
    except DAMAGED as error:
        raise UserError(f"{path} holds no listener ({error}); install the add-on again.") from error


def heard_phones(heard: Heard) -> list[Phone]:
    """Return the likeliest phones from the start of a sound to its end, pauses among them."""
    path = _smooth_path(heard.likelihoods.astype(np.float64))
    phones, at = [], 0
    for index, run in groupby(path.tolist()):
        end = at + len(list(run))
        phones.append(Phone(CLASSES[index], (at - 0.5) / FPS, (end - 0.5) / FPS))
        at = end
    return merge_pauses(fit_phones(phones, heard.duration))


def _smooth_path(likelihoods: Floats) -> NDArray[np.int64]:
    """Return the class (T,) of each frame on the likeliest path, on which changes cost."""
    score = likelihoods[0]
    came = np.zeros(likelihoods.shape, np.int64)
    stay = np.arange(likelihoods.shape[1])
    for frame in range(1, len(likelihoods)):
        best = int(score.argmax())
        changed = score[best] - _SWITCHING > score
        came[frame] = np.where(changed, best, stay)
        score = np.where(changed, score[best] - _SWITCHING, score) + likelihoods[frame]
    path = np.empty(len(likelihoods), np.int64)
    state = int(score.argmax())
    for frame in range(len(likelihoods) - 1, -1, -1):
        path[frame] = state
        state = int(came[frame, state])
    return path
