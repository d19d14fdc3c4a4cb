"""Rest in silence: where a sound is too quiet to hold speech, the face is at its neutral.

Trained models know pauses as the room tone beside speech. Digital zeros and faint hiss, which
gated dialogue is full of, are like nothing they heard: seconds from the next word, where nothing
of it is left in their features, the mouth hangs open. So the motion is multiplied by a share that
is 1 in and around speech and 0 in silence. It only looks at levels; noise and music that are as
loud as speech are the model's to tell apart.

All of it is local in time but for one number, the loud level: a stream that knows a running one
needs to hear `LEAD` + `EASE` seconds ahead.
"""

from dataclasses import replace

import numpy as np

from ..base.arrays import Flags, Floats
from ..encoding.features import band_power
from ..encoding.loudness import gated_mean
from ..motion.motion import Motion
from ..speech.audio import SAMPLE_RATE, Samples, Sound
from ..speech.loudness import loudness_envelope
from .nearness import RATE, speech_share

# dB, full scale 0, of what lies from 100 Hz to 8 kHz; offsets and most of a hum are below.
_FLOOR = -57.0  # quieter is silence
_DEEPEST = 45.0  # below a louder clip's loud level lies only silence
_NEAREST = 15.0  # so much below a softer clip's loud level is still speech
_SOFT = -50.0  # a loud level below which only what varies as speech does is speech
_FAINT = -80.0  # a loud level below which nothing is speech: three steps of 16 bits
# Of the changes of level in a tenth of a second a quarter are larger: speech 9.5 to 26 dB, hiss
# 0.8, rumble 4.
_SYLLABLE, _STEADY = 0.1, 6.0
_AUDIBLE = 25.0  # below the loud level, what is looked at for that
_CLICK = 0.06  # s; what is shorter, with silence around, is no speech
_DIGITAL = -150.0


def rest_in_silence(motion: Motion, samples: Samples) -> Motion:
    """Return a motion that is at rest where its sound (N,) at 16 kHz is silent.

    Nothing changes from 0.7 s before to 0.5 s after any sound that may be speech.
    """
    share = speech_in_frames(samples, motion)
    if share.min(initial=1.0) == 1.0:
        return motion
    return replace(motion, weights=motion.weights * share[:, None].astype(np.float32))


def speech_in_frames(samples: Samples, motion: Motion) -> Floats:
    """Return for each frame of a motion (T,) how much of it is speech: 1 near what sounds, 0 far.

    Args:
        samples: (N,) at 16 kHz, from the motion's start.
        motion: of the sound.
    """
    return speech_at(samples, motion.frames, motion.fps)


def speech_at(samples: Samples, frames: int, fps: float) -> Floats:
    """Return `speech_in_frames` (T,) of so many frames."""
    levels = levels_db(samples)
    share = speech_share(may_be_speech(levels, loud_db(levels)))
    return np.interp(np.arange(frames) / fps, np.arange(len(share)) / RATE, share)


def notes_on(sound: Sound) -> list[str]:
    """Return a sound's notes, and one more if it holds nothing but silence."""
    levels = levels_db(sound.samples)
    loud = loud_db(levels)
    if may_be_speech(levels, loud).any():
        return list(sound.notes)
    heard = "digital silence" if loud < _DIGITAL + 1.0 else f"silence ({loud:.0f} dB)"
    return [
        *sound.notes,
        f"The sound is nothing but {heard}, so the face stays at rest; if it should speak, check "
        "the file and the part of it that is used.",
    ]


def levels_db(samples: Samples) -> Floats:
    """Return the level (n,) of samples (N,) every hundredth of a second, in dB of full scale."""
    count = max(1, round(len(samples) / SAMPLE_RATE * RATE))
    power = band_power(samples, RATE, 0, count).sum(axis=1, dtype=np.float64)
    return 10.0 * np.log10(np.maximum(power, 10.0 ** (_DIGITAL / 10.0)))


def loud_db(levels: Floats) -> float:
    """Return the level of the loud parts of levels (n,), as the features count it."""
    return float(10.0 * np.log10(gated_mean(10.0 ** (levels / 10.0))))


def may_be_speech(levels: Floats, loud: float) -> Flags:
    """Return where (n,) levels may be of speech whose loud parts are at ``loud``."""
    if loud < _FAINT or (loud < _SOFT and not _varies(levels, loud)):
        return np.zeros(len(levels), np.bool_)
    threshold = min(max(loud - _DEEPEST, _FLOOR), loud - _NEAREST)
    edges = np.diff(levels > threshold, prepend=False, append=False).nonzero()[0].reshape(-1, 2)
    sounding = np.zeros(len(levels), np.bool_)
    for first, end in edges[np.diff(edges)[:, 0] >= _CLICK * RATE]:
        sounding[first:end] = True
    return sounding


def with_loudness(motion: Motion, samples: Samples) -> Motion:
    """Return a motion that knows how loud its sound (N,) at 16 kHz is."""
    loudness = loudness_envelope(samples, motion.frames, motion.fps)
    return replace(motion, loudness=loudness.astype(np.float32))


def _varies(levels: Floats, loud: float) -> bool:
    """Tell whether levels rise and fall as syllables make them, unlike hiss, hum and rumble."""
    step = round(_SYLLABLE * RATE)
    louder = np.maximum(levels[step:], levels[:-step]) > loud - _AUDIBLE
    changes = np.abs(levels[step:] - levels[:-step])[louder]
    return bool(len(changes) and np.percentile(changes, 75.0) > _STEADY)
