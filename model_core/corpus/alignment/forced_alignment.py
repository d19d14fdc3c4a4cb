"""Forced alignment in any language: when each phone of a known text is said in a recording.

The best path (Viterbi) through the phones of the text, with optional pauses around words, by scaled
likelihoods of a frame classifier: its log posterior less the log prior of the class (Bourlard and
Morgan, "Connectionist Speech Recognition", 1994). A phone is two states of at least a frame each,
so that diphthongs and affricates change midway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from ...speech.best_path import STATES, best_path
from ...speech.phone_classes import UNHEARD, halves
from ...speech.phones import PAUSE, Phone, fit_phones
from .phone_classifier import FPS, PhoneClassifier

Word = tuple[str, ...]
"""X-SAMPA symbols of a word."""

_PRIOR_SCALE = 0.7
_LASTING_PAUSE = 12  # frames


@dataclass(frozen=True)
class Alignment:
    """Phones from the start of a recording to its end, and how well they are heard there.

    Evidence of a phone or pause is the log posterior of its class less that of the likeliest class,
    averaged over its frames: 0 is perfect. `score` is the mean over the spoken phones, `worst` the
    lowest mean of a word, or of a pause that lasts, in which something else may have been said.
    """

    phones: list[Phone]
    score: float
    worst: float


def align(
    classifier: PhoneClassifier,
    features: NDArray[np.floating],
    words: Sequence[Word],
    duration: float,
) -> Alignment | None:
    """Align features (T, C) of a recording with the words said in it.

    Args:
        classifier: hears phones.
        features: of the recording, at the classifier's frame rate.
        words: what is said, with optional pauses before, between and after.
        duration: of the recording in seconds.

    Returns:
        The alignment, or None if the recording is too short for the words.
    """
    symbols = state_symbols(words)
    states = np.array([halves(symbol) for symbol in symbols]).ravel()
    pauses = np.array([symbol == PAUSE for symbol in symbols])
    posteriors = classifier.log_posteriors(features)
    likelihoods = posteriors - _PRIOR_SCALE * classifier.prior.numpy()
    path = best_path(likelihoods[:, states], pauses)
    if path is None or pauses.all():
        return None
    evidence = posteriors[np.arange(len(path)), states[path]] - posteriors.max(1)
    return _read_path(path // STATES, symbols, evidence, duration)


def state_symbols(words: Sequence[Word]) -> list[str]:
    """Symbols of the phones that are heard, in order, with a pause around every word.

    A doubled phone is one.
    """
    heard = [[s for s, _ in groupby(word) if s not in UNHEARD | {PAUSE}] for word in words]
    return [PAUSE, *(symbol for word in heard if word for symbol in (*word, PAUSE))]


def _read_path(
    units: NDArray[np.int64],
    symbols: Sequence[str],
    evidence: NDArray[np.floating],
    duration: float,
) -> Alignment:
    """Phones and evidence of the unit (T,) of each frame; frame t stands for (t +- 1/2) / fps."""
    firsts = np.array([0, *(np.flatnonzero(np.diff(units)) + 1), len(units)])
    found = [symbols[unit] for unit in units[firsts[:-1]]]
    spans = pairwise(((firsts - 0.5) / FPS).tolist())
    phones = [Phone(symbol, *span) for symbol, span in zip(found, spans, strict=True)]
    heard = np.add.reduceat(evidence, firsts[:-1]) / np.diff(firsts)
    spoken = np.array([symbol != PAUSE for symbol in found])
    words = np.cumsum([symbol == PAUSE for symbol in symbols])[units[firsts[:-1]]][spoken]
    means = np.bincount(words, heard[spoken])[words] / np.bincount(words)[words]
    lasting = ~spoken & (np.diff(firsts) >= _LASTING_PAUSE)
    worst = min([*means, *heard[lasting]])
    return Alignment(fit_phones(phones, duration), float(heard[spoken].mean()), float(worst))
