"""Are takes different from each other, and each as good as the plain prediction?

Every clip is predicted plainly (take 0) and as several takes of one style.

- closed, false, speed, pauses: as `metrics.lips` has them by phones; of takes the worst one's
  counts. Zigzags are few, so those of all takes are pooled.
- Div: mean over clips and unordered pairs of takes of their vertices' mean distance
  (`metrics.vertex.diversity`): of all vertices, of the lips', and of the lips' in frames where the
  plain prediction closes them.
- energy score: on lips tracked in video, y, three measures a frame, each less its clip's median:
  mean |X - y| less half of mean |X - X'|, over takes X and pairs of takes (Gneiting and Raftery
  2007, eq. 22); of one prediction it is its error |X - y|. Spread that no speaker shows costs.
- error of the mean: |mean of the takes - y|.
- both also where phones are known, on the articulation rules' lips in a manner of theirs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import isnan, nan
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from ..articulation.manner import draw_manner, speak
from ..articulation.rule_motion import rule_motion
from ..articulation.styles import find_style
from ..base.arrays import Floats
from ..base.statistics import finite_mean
from ..base.units import MM_PER_M, frame_count
from ..datasets.tracked import TrackedClip
from ..motion.closures import lip_opening
from ..motion.motion import Motion
from ..rig.arkit import named_basis
from ..rig.rig import load_face_rig
from ..rig.shapes import CLOSED_MM, SPEECH_SHAPES
from ..speech.audio import SAMPLE_RATE, Samples
from ..speech.loudness import loudness_envelope
from ..speech.phones import Phone
from .metrics.lips import LipAccumulator
from .metrics.tracked_lips import LAGS, at_times, lip_measures
from .metrics.vertex import diversity


class _Judged(NamedTuple):
    """A score of `LipScores` that takes are judged by, and within what."""

    field: str
    label: str
    of: str  # the take with the "least" or the "most", or all "pooled"
    factor: float  # of take 0's, and what is added to it
    slack: float
    limit: str


_BY_PHONES = (
    _Judged("closed", "closed, worst take", "least", 1.0, -0.005, "0.005 below take 0 at most"),
    _Judged("false_closures", "false, worst take", "most", 1.0, 0.003, "0.003 above at most"),
    _Judged("held_zigzags", "zigzags a s in held vowels", "pooled", 1.1, 0.0, "1.1 x take 0"),
    _Judged("speed_p99", "speed p99, mm a frame, worst take", "most", 1.1, 0.0, "1.1 x take 0"),
    _Judged("silence_opening", "mm in pauses, worst take", "most", 0.0, 0.1, "0.1 at most"),
)


@dataclass(frozen=True, eq=False)
class Clip:
    """What is predicted: a sound, and what is known of it.

    Attributes:
        samples: (N,) at 16 kHz.
        phones: that were spoken; none if they are not known.
        tracked: the lips, if they were seen.
    """

    samples: Samples
    phones: Sequence[Phone] = ()
    tracked: TrackedClip | None = None


Predict = Callable[[Clip, int], Motion]
"""A clip and the number of a take -> its motion."""


@dataclass(frozen=True)
class Criterion:
    """A line of the table: what takes come to, beside the plain prediction and the limit.

    Attributes:
        name: what, with its unit.
        plain: of take 0; NaN where it has none.
        takes: of the takes.
        limit: in words.
        held: whether the takes are within it; None where nothing counted.
    """

    name: str
    plain: float
    takes: float
    limit: str
    held: bool | None


class TakesScores:
    """Collects clips: `add` each, then ask for the criteria.

    Args:
        predict: the model in one style.
        takes: how many, 2 or more.
        drawn: a teacher that varies, whose lips count where phones are known.
    """

    def __init__(self, predict: Predict, takes: int, drawn: Predict | None = None) -> None:
        self._predict, self._takes, self._drawn = predict, range(1, takes + 1), drawn
        self._by_phones = [LipAccumulator() for _ in range(takes + 1)]
        self._spread: dict[str, list[float]] = {"all": [], "lips": [], "closed": []}
        self._errors: dict[str, list[Floats]] = defaultdict(list)
        self._errors_of_drawn: dict[str, list[Floats]] = defaultdict(list)
        self._seconds, self._cost = 0.0, np.zeros(2)  # of sound; of computing, plain and takes
        self._same: list[bool] = []

    def add(self, clip: Clip) -> None:
        """Predict a clip and count it."""
        plain, *takes = motions = [self._timed(clip, take) for take in (0, *self._takes)]
        self._seconds += len(clip.samples) / SAMPLE_RATE
        if not self._same:
            again = self._predict(clip, 1)
            self._same.append(again.weights.tobytes() == takes[0].weights.tobytes())
        for scores, motion in zip(self._by_phones, motions, strict=True):
            if clip.phones:
                scores.add(motion, clip.phones, clip.samples)
        self._add_spread(plain, takes)
        if clip.tracked is not None:
            self._add_tracked(plain, takes, clip.tracked)
        elif clip.phones and self._drawn is not None:
            manner = 1 + len(self._errors_of_drawn["plain"])  # another one for every clip
            wanted = lip_measures(self._drawn(clip, manner))
            frames = min(len(wanted), plain.frames)  # half a frame is rounded either way
            found = [lip_measures(each)[None, :frames] for each in motions]  # (1, T, 3)
            _keep(self._errors_of_drawn, found, wanted[:frames])

    def _timed(self, clip: Clip, take: int) -> Motion:
        begun = process_time()
        motion = self._predict(clip, take)
        self._cost[min(take, 1)] += process_time() - begun
        return motion

    def _add_spread(self, plain: Motion, takes: Sequence[Motion]) -> None:
        lips = load_face_rig().regions["outer_lips"]
        opening = lip_opening(plain)
        closed = np.zeros(plain.frames, np.bool_) if opening is None else opening < CLOSED_MM
        offsets = [motion.offsets() for motion in takes]
        shown = {
            "all": offsets,
            "lips": [each[:, lips] for each in offsets],
            "closed": [each[closed][:, lips] for each in offsets] if closed.any() else [],
        }
        for name, each in shown.items():
            self._spread[name].append(MM_PER_M * diversity(each))

    def _add_tracked(self, plain: Motion, takes: Sequence[Motion], tracked: TrackedClip) -> None:
        """Keep the errors (L, T) at every lag; which one counts is known at the end."""
        seen = np.isfinite(tracked.lips).all(axis=1)
        if not seen.any():
            return
        times, y = np.flatnonzero(seen) / tracked.fps, _centred(tracked.lips[seen])
        _keep(self._errors, [_at_lags(each, times) for each in (plain, *takes)], y)

    def criteria(self) -> list[Criterion]:
        """Return how takes do."""
        seen = _of_errors(self._errors, "tracked lips")
        drawn = _of_errors(self._errors_of_drawn, "the rules in a manner")
        return [*self._lips(), *self._spreads(), *seen, *drawn, *self._cheap()]

    def _lips(self) -> list[Criterion]:
        """Return the criteria of phones."""
        plain, *takes = (scores.finish() for scores in self._by_phones)
        every_take, rows = LipAccumulator(), []
        for scores in self._by_phones[1:]:
            every_take.include(scores)
        pooled = every_take.finish()
        for judged in _BY_PHONES:
            every = [getattr(each, judged.field) for each in takes]
            whole = getattr(pooled, judged.field)
            found = {"least": min(every), "most": max(every), "pooled": whole}[judged.of]
            own = getattr(plain, judged.field)
            limit = own * judged.factor + judged.slack
            held = found >= limit if judged.of == "least" else found <= limit
            known = not isnan(found)
            rows.append(Criterion(judged.label, own, found, judged.limit, held if known else None))
        return rows

    def _spreads(self) -> list[Criterion]:
        every, lips, closed = (finite_mean(each) for each in self._spread.values())
        return [
            Criterion("Div of all vertices, mm", nan, every, "", None),
            Criterion("Div of the lips, mm", nan, lips, "0.5 or more at variation 1", lips >= 0.5),
            Criterion(
                "Div of the lips where they are closed, mm",
                nan,
                closed,
                "0.35 at most",
                None if isnan(closed) else closed <= 0.35,
            ),
        ]

    def _cheap(self) -> list[Criterion]:
        plain, takes = self._cost / max(self._seconds, 1e-9) / (1, len(self._takes))
        return [
            Criterion("same take, same bytes", nan, float(all(self._same)), "1", all(self._same)),
            Criterion("s of computing a s of sound", float(plain), float(takes), "", None),
        ]

    def to_markdown(self) -> str:
        """A Markdown table, a row a criterion."""
        rows = ["| | take 0 | takes | limit | held |", "|---|---:|---:|---|---|"]
        for each in self.criteria():
            held = {True: "yes", False: "**no**", None: ""}[each.held]
            cells = [each.name, _shown(each.plain), _shown(each.takes), each.limit, held]
            rows.append(f"| {' | '.join(cells)} |")
        return "\n".join(rows)

    def to_json(self) -> list[dict[str, Any]]:
        """The criteria as objects; what nothing counted towards is None."""
        told = [asdict(each) for each in self.criteria()]
        for each in told:
            each |= {name: None for name in ("plain", "takes") if isnan(each[name])}
        return told


def side_by_side(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return a Markdown table, a row a criterion, of several models' `to_json` by their names.

    Take 0 is the first one's; what is not within the limit is bold.
    """
    first, *_ = tables.values()
    rows = [
        f"| | take 0 | {' | '.join(tables)} | limit |",
        f"|---|{'---:|' * (len(tables) + 1)}---|",
    ]
    for each in first:
        found = [_named(table, each["name"]) for table in tables.values()]
        told = [f"**{_shown(value)}**" if held is False else _shown(value) for value, held in found]
        plain = _shown(nan if each["plain"] is None else each["plain"])
        rows.append(f"| {' | '.join([each['name'], plain, *told, each['limit']])} |")
    return "\n".join(rows)


def _named(table: Sequence[Mapping[str, Any]], name: str) -> tuple[float, bool | None]:
    """Return what takes came to in a criterion of a table, NaN if it lacks it, and if it held."""
    for each in table:
        if each["name"] == name and each["takes"] is not None:
            return each["takes"], each["held"]
    return nan, None


def rules_in_manners(fps: float, style: str, seed: int, apart: bool = False) -> Predict:
    """Return the articulation rules on a clip's phones, each take in a manner of its own.

    Args:
        fps: frames a second.
        style: that manners vary.
        seed: of what is drawn.
        apart: whether manners are drawn apart from any take of that seed: a model that walks among
            manners may draw its own as this does, and would know what it is judged by.

    Raises:
        UserError: there is no such style.
    """
    meant = find_style(style)

    def predict(clip: Clip, take: int) -> Motion:
        seconds = len(clip.samples) / SAMPLE_RATE
        if not take:
            return rule_motion(clip.phones, clip.samples, seconds, fps, style)
        loudness = loudness_envelope(clip.samples, frame_count(seconds, fps), fps)
        manner = draw_manner(meant, np.random.default_rng([seed, take, int(apart)]))
        weights = speak(clip.phones, seconds, fps, manner, loudness.astype(np.float32))
        return Motion(fps, SPEECH_SHAPES, named_basis(SPEECH_SHAPES), weights)

    return predict


def _keep(errors: dict[str, list[Floats]], motions: Sequence[Floats], y: Floats) -> None:
    """Keep the errors (L, T) of a plain motion and takes (L, T, 3 each) of y (T, 3) at L lags."""
    alone, *found = motions
    apart = _mean_of(_distances(one, other) for one, other in combinations(found, 2))
    errors["plain"].append(_distances(alone, y))
    errors["energy"].append(_mean_of(_distances(each, y) for each in found) - apart / 2)
    errors["mean"].append(_distances(_mean_of(found), y))


def _of_errors(errors: dict[str, list[Floats]], of: str) -> list[Criterion]:
    """Return the criteria of errors, at the lag that suits the plain motion best."""
    if not errors:
        return []
    at_lags = {k: np.concatenate(v, axis=1).mean(axis=1) for k, v in errors.items()}
    best = int(at_lags["plain"].argmin())
    plain, energy, middle = (float(each[best]) for each in at_lags.values())
    better, near = energy < plain, middle <= 1.1 * plain
    return [
        Criterion(f"energy score on {of}, mm", plain, energy, "below take 0", better),
        Criterion(
            f"error of the mean of the takes on {of}, mm", plain, middle, "1.1 x take 0", near
        ),
    ]


def _mean_of(values: Iterable[Floats]) -> Floats:
    """Return the mean of arrays of one shape."""
    middle: Floats = np.mean(list(values), axis=0)
    return middle


def _at_lags(motion: Motion, times: Floats) -> Floats:
    """Return a motion's lip measures about their medians at times (T,), moved by every lag."""
    measures = lip_measures(motion)
    return np.stack([_centred(at_times(measures, motion.fps, times + lag)) for lag in LAGS])


def _centred(lips: Floats) -> Floats:
    """Return lips (T, 3) about their medians: where they rest was not measured."""
    centred: Floats = lips - np.median(lips, axis=0)
    return centred


def _distances(one: Floats, other: Floats) -> Floats:
    distances: Floats = np.linalg.norm(one - other, axis=-1)
    return distances


def _shown(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4g}"
