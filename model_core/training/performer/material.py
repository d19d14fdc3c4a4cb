"""What a performer's style is learned from: captures beside the model's own motion to their sound.

A phone's clock is not its microphone's, and a sound may be of another recorder. So the lag at which
lips and model agree best is found for the captures together, and for one by itself where that is
clearly better; the faces are moved back by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Array, Flags, Floats
from ...base.errors import UserError
from ...base.statistics import best_lag, lag_correlations
from ...datasets.captures import Capture
from ...models.face_model import FaceModel
from ...models.style_shares import shares_of
from ...motion.channels import weights_by_name
from ...motion.closures import lip_opening
from ...motion.motion import Motion
from ...motion.resampling import at_frames, resample
from ...performance.nearness import RATE
from ...performance.silence import levels_db, loud_db, may_be_speech, speech_at
from ...speech.audio import Samples

LEAST_SECONDS = 20.0
"""Of speech, without which a style is not to be told from chance."""
_LARGEST_LAG = 1.0  # s
_BETTER, _SURE = 0.15, 0.6  # correlation by which a take's own lag is better, and that it has
_TOGETHER = 0.4  # least correlation of lips and model of captures whose sound is theirs
_STILL = 0.02  # deviation of jawOpen below which nobody speaks
_DEAD = 1e-4  # range of a weight that nothing moves
_ASIDE = 5  # every fifth take, or the last fifth of what counts in each
FPS = 60.0


@dataclass(frozen=True, eq=False)
class Take:
    """A capture at the model's frames.

    Attributes:
        name: of its files.
        samples: (N,) the sound at 16 kHz.
        plain: (T, K) the model's own motion to the sound, in its first style.
        captured: (T, K) the capture's; the model's where that has no such shape or it never moves.
        counts: (T,) where there is speech and a face.
        aside: (T,) of these, what is kept aside.
        lag: s that the face came late.
        agreement: correlation of the openings, captured and the model's.
    """

    name: str
    samples: Samples
    plain: Array
    captured: Array
    counts: Flags
    aside: Flags
    lag: float
    agreement: float


@dataclass(frozen=True, eq=False)
class _Heard:
    """A capture and the model's motion to its sound."""

    capture: Capture
    plain: Motion
    lags: Floats  # correlation of the openings by lag


def check_speech(captures: Sequence[Capture]) -> None:
    """Raise `UserError` if captures have too little speech, or a mouth that is still."""
    seconds = sum(_speech_seconds(capture) for capture in captures)
    if seconds < LEAST_SECONDS:
        raise _too_short(seconds)
    if max(weights_by_name(each.motion)["jawOpen"].std() for each in captures) < _STILL:
        raise UserError(
            "The captured mouth hardly moves; see that the app tracks the face, and record again."
        )


def _too_short(seconds: float) -> UserError:
    return UserError(
        f"The captures have {seconds:.0f} s of speech; record at least {LEAST_SECONDS:g}, "
        "better two minutes."
    )


def takes_of(
    captures: Sequence[Capture], model: FaceModel, names: Sequence[str]
) -> tuple[list[Take], list[str]]:
    """Return captures at the model's frames, in time with their sounds, and what is left out.

    Args:
        captures: at least one.
        model: what hears them.
        names: of the K shapes.

    Returns:
        The takes to learn from, and a sentence on each of the others.

    Raises:
        UserError: too little is left, the faces do not go with the sounds, or the model not with
            performers.
    """
    heard = [_listen(capture, model, names) for capture in captures]
    common = best_lag([each.lags for each in heard])
    takes = [_take(each, _lag_of(each, common), names) for each in heard]
    spoken = [take for take in takes if take.counts.any()]
    _check_length(spoken)
    kept = [take for take in spoken if take.agreement > _TOGETHER]
    if not kept:
        best = max(take.agreement for take in spoken)
        raise UserError(
            f"The faces do not move to the sounds (r {best:.2f} at most, whatever their lag up to "
            f"{_LARGEST_LAG:g} s); see that each sound is of the capture of its name."
        )
    _check_length(kept)
    return _with_aside(kept), [_left_out(take) for take in takes if take not in kept]


def _check_length(takes: Sequence[Take]) -> None:
    """Raise `UserError` if takes have too little speech whose face is there."""
    seconds = sum(int(take.counts.sum()) for take in takes) / FPS
    if seconds < LEAST_SECONDS:
        raise _too_short(seconds)


def _left_out(take: Take) -> str:
    """Return why a take is not learned from."""
    if not take.counts.any():
        return f"{take.name} is left out: no speech while its face is there."
    return (
        f"{take.name} is left out: its face does not move to its sound (r {take.agreement:.2f}); "
        "see that the sound is of that capture."
    )


def _speech_seconds(capture: Capture) -> float:
    levels = levels_db(capture.samples)
    return float(may_be_speech(levels, loud_db(levels)).sum()) / RATE


def plain_motion(
    model: FaceModel, samples: Samples, names: Sequence[str], style: str | None = None
) -> Array:
    """Return a model's weights (T, K) of named shapes to a sound, in its first style or another."""
    told = weights_by_name(model.animate(samples, shares_of(style, model.styles)))
    return np.stack([told[name] for name in names], axis=1)


def _listen(capture: Capture, model: FaceModel, names: Sequence[str]) -> _Heard:
    plain = model.animate(capture.samples, shares_of(None, model.styles))
    if plain.fps != FPS or not set(names) <= set(plain.names):
        raise UserError(
            "A performer's style goes with models that move the shapes of speech 60 times a "
            "second, as the one included does; choose another --onto."
        )
    lips = _opening(resample(capture.motion, plain.fps))
    lags = lag_correlations(lips, _opening(plain), round(_LARGEST_LAG * plain.fps))
    return _Heard(capture, plain, lags)


def _opening(motion: Motion) -> Floats:
    opening = lip_opening(motion)
    assert opening is not None  # both are of the face rig's shapes
    return opening.astype(np.float64)


def _lag_of(heard: _Heard, common: float) -> float:
    """Return a take's lag in frames: the common one, unless its own is clearly better."""
    own, middle = best_lag([heard.lags]), len(heard.lags) // 2
    if not np.isfinite(common + own):
        return common if np.isfinite(common) else 0.0
    alone, together = (heard.lags[round(lag) + middle] for lag in (own, common))
    return own if alone > max(_SURE, together + _BETTER) else common


def _take(heard: _Heard, lag: float, names: Sequence[str]) -> Take:
    capture, plain = heard.capture, heard.plain
    at = (np.arange(plain.frames) + lag) / plain.fps * capture.motion.fps
    own, captured = weights_by_name(plain), weights_by_name(at_frames(capture.motion, at))
    live = {name: each for name, each in captured.items() if np.ptp(each) > _DEAD}
    there = (at >= 0) & (at <= capture.motion.frames - 1)
    counts = there & (speech_at(capture.samples, plain.frames, plain.fps) > 0.5)
    agreement = heard.lags[round(lag) + len(heard.lags) // 2]
    return Take(
        capture.name,
        capture.samples,
        np.stack([own[name] for name in names], axis=1),
        np.stack([(own | live)[name] for name in names], axis=1),
        counts,
        np.zeros(plain.frames, bool),
        lag / plain.fps,
        float(np.nan_to_num(agreement)),
    )


def _with_aside(takes: Sequence[Take]) -> list[Take]:
    """Return takes of which every fifth is kept aside, or of few takes the last fifth of each.

    A fifth is one of the frames that count: where a sound ends in silence, the last have no face.
    """
    several = len(takes) >= _ASIDE
    kept = []
    for number, take in enumerate(takes, start=1):
        rank = np.cumsum(take.counts)
        last = rank > rank[-1] - rank[-1] // _ASIDE
        aside = np.full(len(rank), number % _ASIDE == 0) if several else last
        kept.append(Take(**{**vars(take), "aside": aside & take.counts}))
    return kept
