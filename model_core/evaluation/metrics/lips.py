"""Lip scores: does the mouth close, round, spread and rest when the phones say so.

All from three curves (`face.lip_geometry`), opening, width and protrusion in mm against the neutral
face, and the phones that were spoken. c is the frame nearest a phone's centre.

- closed: share of p b m whose smallest opening within the phone +- 1/30 s (and +- 50 ms) is
  below 0.8 mm.
- false closures: share of other speech phones over 50 ms (labiodentals and w aside) whose opening
  at c is below 0.8 mm.
- closure AUC: opening at c of open vowels over 60 ms against the smallest opening of p b m.
- width AUC: width at c of spread against rounded phones; protrusion AUC: protrusion the other way.
- silence: mean |opening| in pauses over 0.35 s, less 0.12 s at each end.
- energy correlation: Pearson r of opening and log energy (30 ms windows) over the frames of voiced
  phones that are within 25 dB of the clip's loud level (quieter ones are not voiced).
- lag: of the best correlation with a reference opening, parabola through the peak; positive is
  late.
- smoothness: speed of the opening in mm per frame, in speech and in silence; in the middle of held
  vowels (over 0.1 s) its |second difference| and how often per second it zigzags (turns back in
  two frames running, by more than 0.05 mm: jitter, since lips cannot); and how many frames a
  closure lasts that has no pause and no other closure beside it.

An AUC is the probability that one group exceeds the other (Mann and Whitney, 1947), ties by half.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from ...articulation.targets import VOICELESS
from ...articulation.timeline import fill_pauses
from ...base.arrays import Floats
from ...base.errors import UserError
from ...base.statistics import auc, best_lag, lag_correlations, mean, pearson, percentile
from ...motion.motion import Motion
from ...rig.lip_geometry import LipCurves, lip_curves
from ...rig.shapes import CLOSED_MM
from ...speech.loudness import loudness_envelope
from ...speech.phones import (
    BILABIALS,
    DIPHTHONGS,
    LABIODENTALS,
    OPEN_VOWELS,
    PAUSE,
    ROUNDED,
    SPREAD,
    VOWELS,
    Phone,
)
from .label_agreement import SecondOpinion

WINDOW = 1 / 30
WIDE_WINDOW = 0.050
_MAY_CLOSE = LABIODENTALS | BILABIALS | {"w", PAUSE}
_MAY_STAY_CLOSED = BILABIALS | {PAUSE}
_HELD = VOWELS - DIPHTHONGS
_PAUSE_SECONDS, _PAUSE_EDGE = 0.35, 0.12
_FALSE_SECONDS, _OPEN_SECONDS, _HELD_SECONDS = 0.050, 0.060, 0.100
_HELD_EDGE, _TURN = 0.25, 0.05
_ENERGY_WINDOW, _VOICED_DB = 0.030, -25.0
_MAX_LAG = 0.25
_EXACT = 1e-6  # frames; keeps a time that falls on a frame from rounding off it


@dataclass(frozen=True)
class LipScores:
    """Scores over all utterances added; shares and AUCs from 0 to 1, NaN where nothing counted.

    The `unit` of each field is in its metadata.
    """

    utterances: int = field(metadata={"unit": ""})
    seconds: float = field(metadata={"unit": "s"})
    bilabials: int = field(metadata={"unit": ""})
    closed: float = field(metadata={"unit": "share, phone +- 33 ms"})
    closed_wide: float = field(metadata={"unit": "share, phone +- 50 ms"})
    false_closures: float = field(metadata={"unit": "share"})
    closure_auc: float = field(metadata={"unit": "AUC"})
    width_auc: float = field(metadata={"unit": "AUC"})
    protrusion_auc: float = field(metadata={"unit": "AUC"})
    silence_opening: float = field(metadata={"unit": "mm"})
    energy_correlation: float = field(metadata={"unit": "r"})
    lag: float = field(metadata={"unit": "ms, positive is late"})
    speed_median: float = field(metadata={"unit": "mm per frame"})
    speed_p95: float = field(metadata={"unit": "mm per frame"})
    speed_p99: float = field(metadata={"unit": "mm per frame"})
    silence_speed_p95: float = field(metadata={"unit": "mm per frame"})
    held_bend_median: float = field(metadata={"unit": "mm per frame^2"})
    held_zigzags: float = field(metadata={"unit": "per s"})
    closure_frames_p5: float = field(metadata={"unit": "frames"})
    closure_frames_median: float = field(metadata={"unit": "frames"})
    closure_frames_p95: float = field(metadata={"unit": "frames"})

    def to_json(self) -> dict[str, float | None]:
        """Scores by name; those that nothing counted towards are None, since JSON has no NaN."""
        return {name: None if np.isnan(value) else value for name, value in asdict(self).items()}

    def to_markdown(self) -> str:
        """A Markdown table of name, value and unit."""
        rows = ["| score | value | unit |", "|---|---:|---|"]
        for entry in fields(self):
            value = getattr(self, entry.name)
            shown = str(value) if isinstance(value, int) else f"{value:.3f}"
            rows.append(f"| {entry.name.replace('_', ' ')} | {shown} | {entry.metadata['unit']} |")
        return "\n".join(rows)


class LipAccumulator:
    """Pools utterances of one frame rate: `add` each, then `finish`."""

    def __init__(self) -> None:
        self._utterances = 0
        self._seconds = 0.0
        self._fps = float("nan")
        self._values: dict[str, list[Floats]] = defaultdict(list)

    def add(
        self,
        motion: Motion,
        phones: Sequence[Phone],
        samples: NDArray[np.floating] | None = None,
        reference: Motion | None = None,
        second: Sequence[Phone] | None = None,
    ) -> None:
        """Count one utterance: what moved and the phones that were spoken.

        `samples` (N,) at 16 kHz adds to the energy correlation and a `reference` motion to the
        lag. With a `second` alignment only labels that both bear out count (`label_agreement`).
        Raises `UserError` if the frame rate is not that of the utterances before.
        """
        if self._utterances and motion.fps != self._fps:
            raise UserError(f"Scores at {self._fps} and {motion.fps} fps do not mix; choose one.")
        curves = lip_curves(motion.weights, motion.basis)
        timeline = fill_pauses(phones, motion.duration)
        self._fps = motion.fps
        self._utterances += 1
        self._seconds += motion.duration
        opinion = SecondOpinion(fill_pauses(second or phones, motion.duration))
        self._add_phones(curves, timeline, opinion)
        self._add_speeds(curves.opening, timeline)
        if samples is not None:
            self._add_energy(curves.opening, timeline, samples)
        if reference is not None:
            expected = lip_curves(reference.weights, reference.basis).opening
            row = lag_correlations(curves.opening, expected, round(_MAX_LAG * motion.fps))
            self._values["lag"].append(row)

    def include(self, other: "LipAccumulator") -> None:
        """Count what another one counted, too. Raises `UserError` as `add`."""
        if self._utterances and other._utterances and other._fps != self._fps:
            raise UserError(f"Scores at {self._fps} and {other._fps} fps do not mix; choose one.")
        self._fps = other._fps if other._utterances else self._fps
        self._utterances += other._utterances
        self._seconds += other._seconds
        for name, values in other._values.items():
            self._values[name] += values

    def finish(self) -> LipScores:
        """Scores of everything added so far."""
        closed = self._pool("bilabial")
        return LipScores(
            utterances=self._utterances,
            seconds=self._seconds,
            bilabials=len(closed),
            closed=mean(closed < CLOSED_MM),
            closed_wide=mean(self._pool("bilabial_wide") < CLOSED_MM),
            false_closures=mean(self._pool("others") < CLOSED_MM),
            closure_auc=auc(self._pool("open"), closed),
            width_auc=auc(self._pool("spread_width"), self._pool("rounded_width")),
            protrusion_auc=auc(self._pool("rounded_protrusion"), self._pool("spread_protrusion")),
            silence_opening=mean(self._pool("silence")),
            energy_correlation=pearson(self._pool("voiced_opening"), self._pool("voiced_energy")),
            lag=1000.0 * best_lag(self._values["lag"]) / self._fps,
            speed_median=percentile(self._pool("speed"), 50),
            speed_p95=percentile(self._pool("speed"), 95),
            speed_p99=percentile(self._pool("speed"), 99),
            silence_speed_p95=percentile(self._pool("silence_speed"), 95),
            held_bend_median=percentile(self._pool("held_bend"), 50),
            held_zigzags=mean(self._pool("held_zigzags")) * self._fps,
            closure_frames_p5=percentile(self._pool("closure_frames"), 5),
            closure_frames_median=percentile(self._pool("closure_frames"), 50),
            closure_frames_p95=percentile(self._pool("closure_frames"), 95),
        )

    def _add_phones(
        self, curves: LipCurves, timeline: Sequence[Phone], opinion: SecondOpinion
    ) -> None:
        opening = curves.opening
        for index, phone in enumerate(timeline):
            centre = min(round(phone.centre * self._fps), len(opening) - 1)
            if phone.symbol in BILABIALS:
                if not opinion.closes(phone):
                    continue
                beside = timeline[max(index - 1, 0) : index + 2]
                closed = sum(other.symbol in _MAY_STAY_CLOSED for other in beside)
                self._add_bilabial(opening, phone, alone=closed == 1)
            elif phone.symbol == PAUSE:
                if opinion.has(phone, {PAUSE}):
                    self._keep("silence", np.abs(opening[self._rest(phone)]))
            elif _must_part(phone) and opinion.parts(phone):
                self._keep("others", opening[centre])
            if phone.duration > _OPEN_SECONDS and _is_of(phone, OPEN_VOWELS, opinion):
                self._keep("open", opening[centre])
            for group, symbols in (("spread", SPREAD), ("rounded", ROUNDED)):
                if _is_of(phone, symbols, opinion):
                    self._keep(f"{group}_width", curves.width[centre])
                    self._keep(f"{group}_protrusion", curves.protrusion[centre])

    def _add_bilabial(self, opening: Floats, phone: Phone, *, alone: bool) -> None:
        near = self._frames(phone.start - WINDOW, phone.end + WINDOW)
        wide = self._frames(phone.start - WIDE_WINDOW, phone.end + WIDE_WINDOW)
        if not opening[near].size:
            return
        self._keep("bilabial", opening[near].min())
        self._keep("bilabial_wide", opening[wide].min())
        tightest = near.start + int(opening[near].argmin())
        if alone and opening[tightest] < CLOSED_MM:
            self._keep("closure_frames", _run_length(opening < CLOSED_MM, tightest))

    def _add_speeds(self, opening: Floats, timeline: Sequence[Phone]) -> None:
        speed = np.abs(np.diff(opening, append=opening[-1:]))
        step = np.diff(opening, prepend=opening[:1], append=opening[-1:])
        bend = np.abs(np.diff(step))
        self._keep("held_zigzags", held_zigzags(opening, timeline, self._fps))
        for held in _held(timeline, self._fps):
            self._keep("held_bend", bend[held])
        for phone in timeline:
            if phone.symbol == PAUSE:
                self._keep("silence_speed", speed[self._rest(phone)][:-1])
                continue
            self._keep("speed", speed[self._frames(phone.start, phone.end)])

    def _add_energy(
        self, opening: Floats, timeline: Sequence[Phone], samples: NDArray[np.floating]
    ) -> None:
        energy = loudness_envelope(samples, len(opening), self._fps, window=_ENERGY_WINDOW)
        for phone in timeline:
            if phone.symbol not in VOICELESS:
                span = self._frames(phone.start, phone.end)
                voiced = energy[span] > _VOICED_DB
                self._keep("voiced_opening", opening[span][voiced])
                self._keep("voiced_energy", energy[span][voiced])

    def _frames(self, start: float, end: float) -> slice:
        """Frames from `start` to `end` seconds, both included."""
        return _frames(start, end, self._fps)

    def _rest(self, pause: Phone) -> slice:
        """Frames of a pause in which lips have had time to rest; none if it is short."""
        if pause.duration <= _PAUSE_SECONDS:
            return slice(0, 0)
        return self._frames(pause.start + _PAUSE_EDGE, pause.end - _PAUSE_EDGE)

    def _keep(self, name: str, values: Floats | NDArray[np.bool_] | float) -> None:
        self._values[name].append(np.atleast_1d(np.asarray(values, np.float64)))

    def _pool(self, name: str) -> Floats:
        return np.concatenate([np.empty(0), *self._values[name]])


def _must_part(phone: Phone) -> bool:
    return phone.symbol not in _MAY_CLOSE and phone.duration > _FALSE_SECONDS


def _is_of(phone: Phone, symbols: Set[str], opinion: SecondOpinion) -> bool:
    return phone.symbol in symbols and opinion.has(phone, symbols)


def held_zigzags(opening: Floats, phones: Sequence[Phone], fps: float) -> NDArray[np.bool_]:
    """Return (n,) in which frames of the middle of held vowels an opening (T,) in mm zigzags."""
    zigzag = _zigzags(np.diff(opening, prepend=opening[:1], append=opening[-1:]))
    held = [zigzag[frames] for frames in _held(phones, fps)]
    return np.concatenate([np.zeros(0, np.bool_), *held])


def _held(phones: Sequence[Phone], fps: float) -> Iterator[slice]:
    """Yield the frames of the middle of each held vowel."""
    for phone in phones:
        if phone.symbol in _HELD and phone.duration > _HELD_SECONDS:
            edge = _HELD_EDGE * phone.duration
            yield _frames(phone.start + edge, phone.end - edge, fps)


def _frames(start: float, end: float, fps: float) -> slice:
    """Frames from `start` to `end` seconds, both included."""
    first, last = np.ceil(start * fps - _EXACT), np.floor(end * fps + _EXACT)
    return slice(max(int(first), 0), max(int(last) + 1, 0))


def _zigzags(step: Floats) -> NDArray[np.bool_]:
    """Frames (T,) between two turns, for the T + 1 steps into and out of every frame."""
    turns = (step[1:] * step[:-1] < 0.0) & (np.minimum(abs(step[1:]), abs(step[:-1])) > _TURN)
    return turns & (np.append(turns[1:], False) | np.insert(turns[:-1], 0, False))


def _run_length(closed: NDArray[np.bool_], frame: int) -> int:
    """Length of the run of true frames around `frame`."""
    open_frames = np.flatnonzero(~closed)
    place = int(np.searchsorted(open_frames, frame))
    edges = np.concatenate([[-1], open_frames, [len(closed)]])
    return int(edges[place + 1] - edges[place] - 1)
