"""What a performer's style is learned from, told by a small model that opens its jaw by level."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from model_core.base.arrays import Array
from model_core.base.assets import DEMO_SPEECH
from model_core.base.errors import UserError
from model_core.datasets.captures import Capture
from model_core.models.face_model import FaceModel, StreamState
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE, Samples, load_audio
from model_core.training.performer.material import takes_of

FPS, TIMES = 60, 5
BASIS = load_face_rig().select(SPEECH_SHAPES)
SENTENCE = load_audio(DEMO_SPEECH)
SPEECH = np.tile(SENTENCE, TIMES)
SILENCE = np.zeros(12 * SAMPLE_RATE, np.float32)


class LoudJaw(FaceModel):
    """Opens its jaw by the level of each frame."""

    styles = ("neutral",)

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        samples = np.concatenate(list(chunks))
        each = SAMPLE_RATE // FPS
        frames = samples[: len(samples) // each * each].reshape(-1, each)
        weights = np.zeros((len(frames), len(SPEECH_SHAPES)), np.float32)
        weights[:, SPEECH_SHAPES.index("jawOpen")] = np.abs(frames).mean(axis=1)
        yield weights / weights.max().clip(1e-6)

    def motion(self, outputs: Array) -> Motion:
        return Motion(FPS, SPEECH_SHAPES, BASIS, outputs)


def capture(samples: Samples, name: str = "take") -> Capture:
    """Return a capture whose face moves as the model to its sound."""
    return Capture(name, LoudJaw().animate(samples, (1.0,)), samples, ())


def cut(whole: Capture, frames: int) -> Capture:
    motion = whole.motion
    return whole._replace(motion=replace(motion, weights=motion.weights[:frames]))


def test_a_fifth_of_what_counts_is_kept_aside_where_the_face_or_the_speech_ends_early() -> None:
    spoken = capture(np.concatenate([SPEECH, SILENCE, SILENCE]))
    for each in (spoken, cut(spoken, len(SPEECH) * FPS // SAMPLE_RATE - FPS)):
        (take,), left_out = takes_of([each], LoudJaw(), SPEECH_SHAPES)
        assert not left_out
        assert take.aside.sum() == take.counts.sum() // 5
        assert not (take.aside & ~take.counts).any()
        assert np.flatnonzero(take.counts & ~take.aside)[-1] < np.flatnonzero(take.aside)[0]


def test_of_five_takes_that_speak_the_last_is_kept_aside() -> None:
    captures = [capture(SENTENCE, f"take {number}") for number in range(5)]
    captures.insert(4, capture(SILENCE, "quiet"))
    takes, (note,) = takes_of(captures, LoudJaw(), SPEECH_SHAPES)
    assert [take.aside.any() for take in takes] == [False] * 4 + [True]
    assert "quiet is left out: no speech" in note


def test_speech_without_a_face_is_too_little() -> None:
    for frames in (5, 10 * FPS):
        with pytest.raises(UserError, match="s of speech; record at least 20"):
            takes_of([cut(capture(SPEECH), frames)], LoudJaw(), SPEECH_SHAPES)


def test_a_take_with_the_sound_of_another_is_named_and_left_out() -> None:
    right, wrong = capture(SPEECH), capture(np.roll(SENTENCE[::-1], SAMPLE_RATE), "wrong")
    mixed = wrong._replace(samples=SENTENCE)
    takes, (note,) = takes_of([right, mixed], LoudJaw(), SPEECH_SHAPES)
    assert [take.name for take in takes] == ["take"]
    assert "wrong is left out: its face does not move to its sound" in note
    with pytest.raises(UserError, match="do not move to the sounds"):
        takes_of([mixed] * TIMES, LoudJaw(), SPEECH_SHAPES)
