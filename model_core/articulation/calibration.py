"""Fits the jaw figures of the target table to lips that were tracked while people spoke.

An opening is nearly linear in the phones' jaw targets (`rules.jaw_shares`), so what they lack is a
linear regression of what the rules leave unexplained. Its prior is the table: a phone that was
seldom heard stays what it is (ridge regression; Hoerl and Kennedy 1970), and none moves by more
than `MOST_MM`. A tracker's scale and clock are each speaker's own, and are fitted again in every
round.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from ..base.statistics import pearson
from ..rig.lip_geometry import opening_per_unit
from ..rig.rig import load_face_rig
from ..rig.shapes import CLOSED_MM, SPEECH_SHAPES
from ..speech.phones import PAUSE, Phone
from .rules import articulate, jaw_shares
from .targets import TARGETS, Target
from .timeline import fill_pauses

MOST_MM = 2.5
_ROUNDS = 3
_PRIOR_MM = 1.2  # how far a phone's figure may well be off
_NOISE_MM = 2.0  # what phones do not explain in a frame
_ALIKE_SECONDS = 0.15  # frames closer than this tell the same
_LEAST_MM = 0.8
_DELAYS = np.arange(-0.05, 0.1001, 0.01)
_SPREAD = (10.0, 90.0)


@dataclass(frozen=True, eq=False)
class SeenSpeech:
    """A recording's phones and what was seen of the lips.

    Attributes:
        speaker: whose.
        phones: in time order.
        level: (T,) dB, of `loudness_envelope`.
        opening: (T,) of the inner lips at frame t / fps, in any unit; NaN where not seen.
        fps: frames a second.
    """

    speaker: str
    phones: Sequence[Phone]
    level: Floats
    opening: Floats
    fps: float

    @property
    def seconds(self) -> float:
        """Length of what was seen."""
        return len(self.opening) / self.fps


@dataclass(frozen=True)
class PhoneFigure:
    """A phone's jaw target and the opening in its frames, in mm: as by the table, seen, fitted.

    Attributes:
        seconds: how long it was seen, weighted by its share of the frames.
        target, fitted: jaw targets before and after.
        rules, seen, after: mean openings.
    """

    seconds: float
    target: float
    fitted: float
    rules: float
    seen: float
    after: float


@dataclass(frozen=True)
class Calibration:
    """A fitted table, and what came of it.

    Attributes:
        targets: the whole table.
        figures: by symbol, of those that were heard.
        before, after: mean r of the opening within a recording, in speech.
    """

    targets: Mapping[str, Target]
    figures: Mapping[str, PhoneFigure]
    before: float
    after: float


def calibrate(speech: Sequence[SeenSpeech], prior_mm: float = _PRIOR_MM) -> Calibration:
    """Fit the jaw targets of all phones heard in `speech`; `prior_mm` frees them the more."""
    symbols = tuple(symbol for symbol in TARGETS if symbol != PAUSE)
    shares = [jaw_shares(s.phones, symbols, s.seconds, s.fps, s.level) for s in speech]
    targets: Mapping[str, Target] = TARGETS
    for _ in range(_ROUNDS):
        rules = [opened(one, targets) for one in speech]
        seen = as_rules(speech, rules)
        change = _ridge(shares, rules, seen, speech, prior_mm, targets, symbols)
        targets = _moved(symbols, change)
    after = [opened(one, targets) for one in speech]
    return Calibration(
        targets,
        _figures(symbols, targets, shares, speech, seen, after),
        agreement(speech, TARGETS),
        agreement(speech, targets),
    )


def agreement(speech: Sequence[SeenSpeech], targets: Mapping[str, Target]) -> float:
    """Mean r of the opening that a table gives with what was seen, within recordings, in speech."""
    rules = [opened(one, targets) for one in speech]
    seen = as_rules(speech, rules)
    r = [
        pearson(o[m], s[m]) for o, s in zip(rules, seen, strict=True) if (m := np.isfinite(s)).any()
    ]
    return float(np.nanmean(r)) if r else float("nan")


def opened(speech: SeenSpeech, targets: Mapping[str, Target]) -> Floats:
    """Opening (T,) in mm that a table gives."""
    weights = articulate(
        speech.phones, speech.seconds, speech.fps, loudness=speech.level, targets=targets
    )
    opening: Floats = weights @ opening_per_unit(load_face_rig().select(SPEECH_SHAPES))
    return opening


def as_rules(speech: Sequence[SeenSpeech], rules: Sequence[Floats]) -> list[Floats]:
    """What was seen at the rules' time and scale, speaker by speaker, (T,) each.

    NaN where nothing was, in pauses, and where the rules close the lips.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(speech):
        groups[one.speaker].append(index)
    brought: list[Floats] = [np.empty(0)] * len(speech)
    for own in groups.values():
        for index, values in zip(own, _speaker_as_rules(speech, rules, own), strict=True):
            brought[index] = values
    return brought


def _speaker_as_rules(
    speech: Sequence[SeenSpeech], rules: Sequence[Floats], own: Sequence[int]
) -> list[Floats]:
    """The recordings `own` of one speaker, at one delay and scale."""
    delay = max(_DELAYS, key=lambda late: _mean_r(speech, rules, own, late))
    moved = [_counted(speech[index], rules[index], delay) for index in own]
    theirs = np.concatenate(moved)
    ours = np.concatenate([rules[index] for index in own])
    seen = np.isfinite(theirs)
    if not seen.any():
        return moved
    low, high = np.percentile(theirs[seen], _SPREAD)
    own_low, own_high = np.percentile(ours[seen], _SPREAD)
    scale = (own_high - own_low) / max(high - low, 1e-9)
    return [scale * (m - theirs[seen].mean()) + ours[seen].mean() for m in moved]


def _mean_r(
    speech: Sequence[SeenSpeech], rules: Sequence[Floats], own: Sequence[int], late: float
) -> float:
    """Mean r of a speaker's tracked openings, so late, with the rules'."""
    r = [_r(rules[index], _counted(speech[index], rules[index], late)) for index in own]
    return float(np.nanmean(r)) if np.isfinite(r).any() else -1.0


def _r(ours: Floats, theirs: Floats) -> float:
    seen = np.isfinite(theirs)
    return pearson(ours[seen], theirs[seen]) if seen.sum() > 1 else float("nan")


def _counted(one: SeenSpeech, rules: Floats, late: float) -> Floats:
    """The tracked opening (T,) `late` seconds later, NaN where it does not count."""
    times = np.arange(len(one.opening)) / one.fps
    moved = np.interp(times + late, times, one.opening)  # NaN beside what was not seen
    timeline = fill_pauses(one.phones, one.seconds)
    starts = np.array([phone.start for phone in timeline])
    at = np.searchsorted(starts, times, "right") - 1
    spoken = np.array([phone.symbol != PAUSE for phone in timeline])[at.clip(0)]
    return np.where(spoken & (rules > CLOSED_MM), moved, np.nan)


def _ridge(
    shares: Sequence[Floats],
    rules: Sequence[Floats],
    seen: Sequence[Floats],
    speech: Sequence[SeenSpeech],
    prior_mm: float,
    targets: Mapping[str, Target],
    symbols: Sequence[str],
) -> Floats:
    """Change (P,) of the table's jaw targets in mm: the likeliest, given the prior."""
    gram: Floats = np.eye(len(symbols)) / prior_mm**2
    known = np.array([targets[s].jaw - TARGETS[s].jaw for s in symbols])
    right: Floats = np.zeros(len(symbols))
    for share, ours, theirs, one in zip(shares, rules, seen, speech, strict=True):
        counts = np.isfinite(theirs)
        weight = min(1.0, 1.0 / (one.fps * _ALIKE_SECONDS)) / _NOISE_MM**2
        part = share[counts]
        gram = gram + weight * part.T @ part
        right = right + weight * part.T @ (theirs[counts] - ours[counts] + part @ known)
    return np.asarray(np.linalg.solve(gram, right), np.float64).clip(-MOST_MM, MOST_MM)


def _moved(symbols: Sequence[str], change: Floats) -> dict[str, Target]:
    moved = dict(TARGETS)
    for symbol, mm in zip(symbols, change, strict=True):
        jaw = max(_LEAST_MM, TARGETS[symbol].jaw + float(mm))
        moved[symbol] = TARGETS[symbol]._replace(jaw=jaw)
    return moved


def _figures(
    symbols: Sequence[str],
    targets: Mapping[str, Target],
    shares: Sequence[Floats],
    speech: Sequence[SeenSpeech],
    seen: Sequence[Floats],
    after: Sequence[Floats],
) -> dict[str, PhoneFigure]:
    """Figures of the phones heard; each frame counts for a phone by its share."""
    counted: list[NDArray[np.bool_]] = [np.isfinite(one) for one in seen]
    share = np.concatenate([s[c] for s, c in zip(shares, counted, strict=True)])
    before = [opened(one, TARGETS) for one in speech]
    curves = [
        np.concatenate([curve[c] for curve, c in zip(kind, counted, strict=True)])
        for kind in (before, seen, after)
    ]
    per_frame = np.concatenate([c[c] / one.fps for c, one in zip(counted, speech, strict=True)])
    figures = {}
    for index, symbol in enumerate(symbols):
        own = share[:, index] ** 2  # mostly its own frames
        if own.sum() < 1e-6:
            continue
        means = [float(own @ curve / own.sum()) for curve in curves]
        seconds = float(share[:, index] @ per_frame)
        jaws = (TARGETS[symbol].jaw, targets[symbol].jaw)
        figures[symbol] = PhoneFigure(seconds, *jaws, *means)
    return figures
