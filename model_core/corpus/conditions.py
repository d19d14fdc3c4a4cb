"""Hard conditions for speech: what else is heard, where, through what, and how fast.

`CONDITIONS` are those that `evaluate-lips --conditions` tells of; `harden` draws others of the same
kinds to train on. All take (N,) float32 samples at 16 kHz and a numpy Generator, and give the same
result for its seed. The music is made, not recorded: chords, a bass and a drum.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from ..base.arrays import Floats
from ..speech.phones import Phone
from .augmentation import coloured_noise, convolve, limit_band, mix, room_response, speech_rms
from .store import SAMPLE_RATE, Samples

Change = Callable[[Samples, Sequence[Samples], np.random.Generator], Samples]
"""Speech and the voices of others -> the speech in a condition."""

TALKERS = 6
_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # semitones: I, vi, IV, V
_FAR = (0.9, 1.1)
_FAR_DIRECT_DB = (-6.0, -3.0)
_CLIPPED_DB = 15.0
_SHARES = (0.4, 0.08, 0.17, 0.25, 0.1)  # of crowds, music, noise, rooms and microphones in training


@dataclass(frozen=True)
class Condition:
    """A condition to score in.

    Attributes:
        change: what happens to the sound.
        speed: how much faster it is played; pitch and formants move along, as a child's are.
        speaks: whether any of the speech is left.
    """

    change: Change | None = None
    speed: float = 1.0
    speaks: bool = True


def babble(
    samples: Samples, others: Sequence[Samples], rng: np.random.Generator, db: float
) -> Samples:
    """Speech among other people talking at once, `db` above all of them together."""
    crowd = np.zeros(len(samples))
    for index in rng.integers(len(others), size=TALKERS):
        voice = others[index]
        crowd += np.resize(np.roll(voice, int(rng.integers(len(voice)))), len(samples)) / (
            speech_rms(voice) + 1e-9
        )
    return mix(samples, _unit(crowd), db)


def music(count: int, rng: np.random.Generator) -> Floats:
    """Music (count,) of unit RMS: a chord every two beats over a bass, and a drum on the beat."""
    beat = 60.0 / rng.uniform(80.0, 140.0)
    key, times = 110.0 * 2.0 ** rng.uniform(0.0, 1.0), np.arange(count) / SAMPLE_RATE
    since = times % beat  # the drum and the strings are struck on each beat
    song = 0.5 * rng.standard_normal(count) * np.exp(-since / 0.03)
    for bar in range(int(np.ceil(times[-1] / (2 * beat))) if count else 0):
        span = slice(round(2 * beat * bar * SAMPLE_RATE), round(2 * beat * (bar + 1) * SAMPLE_RATE))
        local, struck = times[span], since[span]
        for step in (-12, *_CHORDS[bar % len(_CHORDS)]):
            pitch = key * 2.0 ** (step / 12.0)
            for harmonic in range(1, 7):
                phase = 2 * np.pi * harmonic * pitch * local
                song[span] += np.sin(phase) / harmonic * np.exp(-struck * harmonic / 0.6)
    return _unit(song)


def far_room(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech across a room with a reverberation time of about 1 s, the echoes above the voice."""
    return convolve(samples, room_response(rng, _FAR, _FAR_DIRECT_DB))


def clip(samples: Samples, over_db: float) -> Samples:
    """Speech recorded `over_db` too loud: what is above full scale is cut off."""
    limit = np.abs(samples).max(initial=1e-9) * 10.0 ** (-over_db / 20.0)
    return np.clip(samples, -limit, limit) / np.float32(limit)


def faster(samples: Samples, phones: Sequence[Phone], speed: float) -> tuple[Samples, list[Phone]]:
    """Speech and its phones played `speed` times as fast."""
    if speed == 1.0:
        return samples, list(phones)
    played = soxr.resample(samples, SAMPLE_RATE * speed, SAMPLE_RATE)
    return played, [p._replace(start=p.start / speed, end=p.end / speed) for p in phones]


def harden(samples: Samples, others: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """Speech in a condition drawn by chance: crowd, music, noise, room or microphone."""
    kind, db = rng.choice(len(_SHARES), p=_SHARES), rng.uniform(0.0, 20.0)
    if kind == 0:
        return babble(samples, others, rng, db)
    if kind == 1:
        return mix(samples, music(len(samples), rng), db)
    if kind == 2:
        return mix(samples, coloured_noise(len(samples), rng.uniform(0.0, 2.0), rng), db)
    if kind == 3:
        room = room_response(rng, (0.4, 1.2), (-8.0, 4.0))
        return convolve(samples, room)
    return clip(limit_band(samples, rng), rng.uniform(0.0, 20.0))


def not_speech(count: int, rng: np.random.Generator) -> Samples:
    """Sound (count,) in which nobody speaks, at any level: music, noise or digital silence."""
    kind = rng.integers(4)
    if kind == 0:
        return np.zeros(count, np.float32)
    sound = music(count, rng) if kind < 3 else coloured_noise(count, rng.uniform(-0.5, 2.0), rng)
    return (sound * 10.0 ** (-rng.uniform(10.0, 70.0) / 20.0)).astype(np.float32)


def _unit(sound: Floats) -> Floats:
    return sound / (np.sqrt(np.mean(np.square(sound))) + 1e-12) if len(sound) else sound


def _noise(exponent: float, db: float) -> Change:
    return lambda samples, _, rng: mix(samples, coloured_noise(len(samples), exponent, rng), db)


def _babble(db: float) -> Change:
    return lambda samples, others, rng: babble(samples, others, rng, db)


def _music(db: float) -> Change:
    return lambda samples, _, rng: mix(samples, music(len(samples), rng), db)


def _instead(sound: Callable[[int, np.random.Generator], Floats], db: float) -> Change:
    gain = 10.0 ** (db / 20.0)
    return lambda samples, _, rng: (gain * sound(len(samples), rng)).astype(np.float32)


CONDITIONS: Mapping[str, Condition] = {
    "clean": Condition(),
    **{f"babble {db} dB": Condition(_babble(db)) for db in (20, 10, 5, 0)},
    **{f"music {db} dB": Condition(_music(db)) for db in (20, 10, 0)},
    **{f"pink noise {db} dB": Condition(_noise(1.0, db)) for db in (20, 10, 5, 0)},
    "white noise 10 dB": Condition(_noise(0.0, 10)),
    "far room, 1 s": Condition(lambda samples, _, rng: far_room(samples, rng)),
    "telephone": Condition(lambda samples, _, rng: limit_band(samples, rng)),
    "clipped 15 dB": Condition(lambda samples, _, __: clip(samples, _CLIPPED_DB)),
    **{f"speed {speed}": Condition(speed=speed) for speed in (0.8, 1.2, 1.3, 1.5)},
    "music alone": Condition(_instead(music, -20.0), speaks=False),
    "hiss alone, -70 dB": Condition(
        _instead(lambda count, rng: coloured_noise(count, 0.0, rng), -70.0), speaks=False
    ),
    "digital silence": Condition(lambda samples, _, __: np.zeros_like(samples), speaks=False),
}
"""By name, the first being the sound as it is."""
