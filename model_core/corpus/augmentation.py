"""Acoustic variety for clean speech: rooms, noise, levels, bands, pauses and speed.

Synthetic speech has digital silence, one distance and one level; real recordings do not. Two steps:
`vary_timing` changes when things are said (and so the phones), `vary_acoustics` how they sound. All
take (N,) float32 samples at 16 kHz and a numpy Generator, and give the same result for its seed.
"""

from collections.abc import Sequence

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft, signal

from ..speech.phones import PAUSE, Phone, merge_pauses
from .store import SAMPLE_RATE, Samples

Spoken = tuple[Samples, list[Phone]]

_LONG_PAUSE = 0.35


def vary_timing(samples: Samples, phones: Sequence[Phone], rng: np.random.Generator) -> Spoken:
    """Speech at a new speed, with longer pauses at its ends and sometimes within."""
    spoken = perturb_speed(samples, phones, rng) if rng.random() < 0.8 else (samples, list(phones))
    if rng.random() < 0.5:
        spoken = lengthen_pauses(*spoken, rng)
    return surround_with_pauses(*spoken, rng)


def vary_acoustics(samples: Samples, phones: Sequence[Phone], rng: np.random.Generator) -> Samples:
    """The same speech as another microphone in another room would record it."""
    varied = add_pause_sounds(samples, phones, rng) if rng.random() < 0.4 else samples
    if rng.random() < 0.5:
        varied = reverberate(varied, rng)
    if rng.random() < 0.5:
        varied = tilt_spectrum(varied, rng)
    varied = add_room_tone(varied, rng)
    if rng.random() < 0.4:
        varied = add_noise(varied, rng)
    if rng.random() < 0.3:
        varied = limit_band(varied, rng)
    return change_level(varied, rng)


def perturb_speed(samples: Samples, phones: Sequence[Phone], rng: np.random.Generator) -> Spoken:
    """Speech 12 % slower to 14 % faster by resampling, which moves pitch and formants along.

    Ko et al., "Audio augmentation for speech recognition", Interspeech 2015.
    """
    factor = rng.uniform(0.88, 1.14)
    resampled = soxr.resample(samples, SAMPLE_RATE * factor, SAMPLE_RATE)
    return resampled, [p._replace(start=p.start / factor, end=p.end / factor) for p in phones]


def lengthen_pauses(samples: Samples, phones: Sequence[Phone], rng: np.random.Generator) -> Spoken:
    """Speech with up to 1.2 s of silence put into the middle of each inner pause."""
    inner = [p for p in list(phones)[1:-1] if p.symbol == PAUSE]
    for phone in reversed(inner):
        seconds = float(rng.uniform(0.1, 1.2))
        samples, phones = insert_silence(samples, phones, phone.centre, seconds)
    return samples, list(phones)


def surround_with_pauses(
    samples: Samples, phones: Sequence[Phone], rng: np.random.Generator
) -> Spoken:
    """Speech with up to 1 s of silence before it and after it, or up to half its own length."""
    longest = min(1.0, max(0.1, 0.5 * len(samples) / SAMPLE_RATE))
    before, after = (float(seconds) for seconds in rng.uniform(0.05, longest, 2))
    padded, later = insert_silence(samples, phones, 0.0, before)
    return insert_silence(padded, later, len(padded) / SAMPLE_RATE, after)


def insert_silence(
    samples: Samples, phones: Sequence[Phone], time: float, seconds: float
) -> Spoken:
    """Speech with digital silence from `time` on, a pause in its phones; what follows moves on.

    A phone around `time` is divided by the pause, so `time` should lie in a pause or on an edge.
    """
    index, count = round(time * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
    time, seconds = index / SAMPLE_RATE, count / SAMPLE_RATE
    extended = np.insert(samples, index, np.zeros(count, samples.dtype))
    cut = [phone._replace(end=min(phone.end, time)) for phone in phones]
    rest = [phone._replace(start=max(phone.start, time)) for phone in phones]
    moved = [p._replace(start=p.start + seconds, end=p.end + seconds) for p in rest]
    parts = [*cut, Phone(PAUSE, time, time + seconds), *moved]
    return extended, merge_pauses(p for p in parts if p.duration > 1e-6)


def coloured_noise(count: int, exponent: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise (count,) of unit RMS whose power falls with frequency to the power `exponent`."""
    length = fft.next_fast_len(count, real=True)
    spectrum = fft.rfft(rng.standard_normal(length))
    frequencies = np.maximum(fft.rfftfreq(length, 1.0 / SAMPLE_RATE), 20.0)
    noise = fft.irfft(spectrum * frequencies ** (-0.5 * exponent), length)[:count]
    return noise / (np.sqrt(np.mean(np.square(noise))) + 1e-12)


def mains_hum(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Hum (count,) of unit RMS at 50 or 60 Hz with a few harmonics."""
    harmonics = np.arange(1, 7)
    phases = rng.uniform(0.0, 2.0 * np.pi, (6, 1))
    gains = rng.uniform(0.0, 1.0, (6, 1)) / harmonics[:, None]
    turns = rng.choice([50.0, 60.0]) * harmonics[:, None] * np.arange(count) / SAMPLE_RATE
    hum = (gains * np.sin(2.0 * np.pi * turns + phases)).sum(0)
    return hum / (np.sqrt(np.mean(np.square(hum))) + 1e-12)


def add_room_tone(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech over the steady low noise of a room, 30 to 65 dB below it, sometimes with hum."""
    tone = coloured_noise(len(samples), rng.uniform(0.3, 2.0), rng)
    if rng.random() < 0.3:
        tone = tone + rng.uniform(0.3, 1.5) * mains_hum(len(samples), rng)
    return mix(samples, tone, rng.uniform(30.0, 65.0))


def add_noise(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech with coloured noise of slowly changing level, 12 to 40 dB below it."""
    knots = rng.uniform(-6.0, 6.0, 2 + len(samples) // SAMPLE_RATE)
    decibels = np.interp(
        np.linspace(0.0, len(knots) - 1.0, len(samples)), np.arange(len(knots)), knots
    )
    noise = coloured_noise(len(samples), rng.uniform(-0.5, 2.0), rng) * 10.0 ** (decibels / 20.0)
    return mix(samples, noise, rng.uniform(12.0, 40.0))


def add_pause_sounds(
    samples: Samples, phones: Sequence[Phone], rng: np.random.Generator
) -> Samples:
    """Speech with breaths and clicks in its long pauses, 15 to 40 dB below it."""
    mixed = samples.astype(np.float64)
    for phone in phones:
        if phone.symbol != PAUSE or phone.duration < _LONG_PAUSE:
            continue
        length = min(float(rng.choice([0.02, 0.3, 0.6])), 0.8 * phone.duration)
        start = round(rng.uniform(phone.start, phone.end - length) * SAMPLE_RATE)
        count = min(round(length * SAMPLE_RATE), len(mixed) - start)
        sound = coloured_noise(count, rng.uniform(-0.5, 1.0), rng) * np.hanning(count)
        gain = speech_rms(samples) * 10.0 ** (-rng.uniform(15.0, 40.0) / 20.0)
        mixed[start : start + count] += gain * sound
    return mixed.astype(np.float32)


def room_response(
    rng: np.random.Generator,
    seconds: tuple[float, float] = (0.1, 0.7),
    direct_db: tuple[float, float] = (0.0, 15.0),
) -> NDArray[np.float64]:
    """Impulse response of a room: direct sound first, a few reflections, a decaying tail.

    The reverberation time is drawn from `seconds`, how far the direct sound is above the rest from
    `direct_db` (after Schroeder's model of diffuse sound: exponentially decaying noise).
    """
    reverberation = rng.uniform(*seconds)
    times = np.arange(round(reverberation * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(times)) * 10.0 ** (-3.0 * times / reverberation)
    tail[: round(rng.uniform(0.002, 0.02) * SAMPLE_RATE)] = 0.0
    for delay in rng.uniform(0.001, 0.03, 5):
        tail[round(delay * SAMPLE_RATE)] += rng.uniform(-3.0, 3.0)
    damped = signal.lfilter([1.0], [1.0, -rng.uniform(0.0, 0.7)], tail)
    gain = 10.0 ** (-rng.uniform(*direct_db) / 20.0)
    response = gain * damped / (np.sqrt(np.square(damped).sum()) + 1e-12)
    response[0] = 1.0
    return response


def reverberate(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech in a room; the direct sound keeps its time and the tail is cut at the end."""
    return convolve(samples, room_response(rng))


def convolve(samples: Samples, response: NDArray[np.float64]) -> Samples:
    """Speech through an impulse response that begins with the direct sound; as long as it was."""
    return signal.fftconvolve(samples, response)[: len(samples)].astype(np.float32)


def tilt_spectrum(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech through a smooth random equaliser of up to 8 dB an octave point, without delay."""
    points = np.array([0.0, 150.0, 400.0, 1000.0, 2500.0, 5000.0, 8000.0])
    gains = rng.uniform(-8.0, 8.0, len(points))
    length = fft.next_fast_len(len(samples), real=True)
    frequencies = fft.rfftfreq(length, 1.0 / SAMPLE_RATE)
    curve = 10.0 ** (np.interp(frequencies, points, gains) / 20.0)
    tilted = fft.irfft(fft.rfft(samples, length) * curve, length)[: len(samples)]
    return tilted.astype(np.float32)


def limit_band(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech through a telephone or a poor microphone, without delay."""
    low, high = rng.uniform(60.0, 320.0), rng.uniform(3300.0, 7000.0)
    sections = signal.butter(3, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos")
    return signal.sosfiltfilt(sections, samples).astype(np.float32)


def change_level(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech at 12 to 40 dB below full scale, its level drifting up to 6 dB; peaks are clipped."""
    target = 10.0 ** (-rng.uniform(12.0, 40.0) / 20.0)
    drift = np.interp(np.linspace(0.0, 3.0, len(samples)), np.arange(4), rng.uniform(-3.0, 3.0, 4))
    gain = target / (speech_rms(samples) + 1e-9) * 10.0 ** (drift / 20.0)
    return np.clip(samples * gain, -1.0, 1.0).astype(np.float32)


def speech_rms(samples: Samples) -> float:
    """RMS of the loudest half of the 20 ms frames, so that pauses do not count."""
    hop = SAMPLE_RATE // 50
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    powers = np.sort(np.square(frames, dtype=np.float64).mean(1))
    return float(np.sqrt(powers[len(powers) // 2 :].mean())) if len(powers) else 0.0


def mix(samples: Samples, noise: NDArray[np.float64], ratio_db: float) -> Samples:
    """Speech with noise of about unit RMS `ratio_db` below the speech."""
    gain = speech_rms(samples) * 10.0 ** (-ratio_db / 20.0)
    return (samples + gain * noise).astype(np.float32)
