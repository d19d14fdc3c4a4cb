"""Ten minutes of somebody who talks in phrases and listens in turns, of the demo's own voice."""

from functools import lru_cache

import numpy as np

from model_core.base.assets import DEMO_SPEECH
from model_core.performance.life.voice import Voice, hear_voice
from model_core.speech.audio import SAMPLE_RATE, Samples, load_audio


def silence(rng: np.random.Generator, seconds: float) -> Samples:
    """Return room tone."""
    return (1e-4 * rng.standard_normal(round(seconds * SAMPLE_RATE))).astype(np.float32)


def conversation(seconds: float, seed: int = 0) -> Samples:
    """Return turns of one to six phrases of 1 to 4 s, with pauses, and as long turns of silence."""
    rng = np.random.default_rng(seed)
    speech = load_audio(DEMO_SPEECH)[round(0.35 * SAMPLE_RATE) : round(5.7 * SAMPLE_RATE)]
    parts: list[Samples] = []
    while sum(map(len, parts)) < seconds * SAMPLE_RATE:
        for _ in range(rng.integers(1, 7)):
            lasts = round(rng.uniform(1.0, 4.0) * SAMPLE_RATE)
            start = int(rng.integers(0, len(speech) - lasts))
            faded = np.minimum(1.0, np.arange(lasts) / 400)
            parts += [
                (speech[start : start + lasts] * faded * faded[::-1]).astype(np.float32),
                silence(rng, rng.uniform(0.25, 1.0)),
            ]
        parts.append(silence(rng, rng.uniform(2.0, 9.0)))
    return np.concatenate(parts)[: round(seconds * SAMPLE_RATE)]


@lru_cache(maxsize=1)
def ten_minutes() -> Voice:
    """Return what is heard of ten minutes."""
    return hear_voice(conversation(600.0))
