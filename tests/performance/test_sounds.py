"""One sound of a line stronger or silent, and the rest as it was."""

import numpy as np
import pytest

from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.performance.sounds import SoundEdit, with_sounds
from model_core.rig.rig import load_face_rig

FPS = 30.0
NAMES = ("jawOpen", "mouthClose", "mouthFunnel", "eyeBlinkLeft")


@pytest.fixture
def line() -> Motion:
    """A jaw that is open but for a closure at 1 s, a wide vowel at 2 s, and a blink at 2 s."""
    seconds = np.arange(90) / FPS
    closed = np.exp(-0.5 * ((seconds - 1.0) / 0.04) ** 2)
    wide = np.exp(-0.5 * ((seconds - 2.0) / 0.06) ** 2)
    weights = np.zeros((90, len(NAMES)), np.float32)
    weights[:, 0] = 0.25 * (1 - closed) + 0.3 * wide
    weights[:, 3] = wide
    return Motion(FPS, NAMES, load_face_rig().select(NAMES), weights)


def opening(motion: Motion) -> np.ndarray:
    found = lip_opening(motion)
    assert found is not None
    return found


def changed(before: Motion, after: Motion) -> np.ndarray:
    """Return the seconds at which lips differ."""
    return np.flatnonzero(np.abs(opening(before) - opening(after)) > 1e-4) / FPS


def test_a_stronger_vowel_opens_wider_and_blinks_as_before(line: Motion) -> None:
    after = with_sounds(line, [SoundEdit(1.92, 2.08, 2.0)], FPS, 0.0)
    assert opening(after)[60] > opening(line)[60] * 1.3
    where = changed(line, after)
    assert where.min() > 1.85
    assert where.max() < 2.15
    blink = line.weights[:, 3]
    np.testing.assert_array_equal(after.weights[:, after.names.index("eyeBlinkLeft")], blink)


def test_a_silenced_closure_leaves_the_lips_apart_and_a_stronger_one_is_firmer(
    line: Motion,
) -> None:
    silent = with_sounds(line, [SoundEdit(0.95, 1.05, 0.0)], FPS, 0.0)
    firm = with_sounds(line, [SoundEdit(0.95, 1.05, 2.0)], FPS, 0.0)
    assert opening(line)[30] < 0.3
    assert opening(silent)[30] > 2.0
    assert -2.0 < opening(firm)[30] < opening(line)[30] - 0.3
    assert (firm.weights >= 0).all()


def test_seconds_are_the_files_wherever_the_line_begins(line: Motion) -> None:
    whole = with_sounds(line, [SoundEdit(1.92, 2.08, 0.0)], FPS, 0.0)
    later = with_sounds(line.between(30, None), [SoundEdit(1.92, 2.08, 0.0)], FPS, 1.0)
    np.testing.assert_allclose(later.weights, whole.weights[30:], atol=1e-6)
    outside = with_sounds(line.between(0, 30), [SoundEdit(1.92, 2.08, 0.0)], FPS, 0.0)
    np.testing.assert_array_equal(outside.weights, line.weights[:30])


def test_as_heard_changes_nothing(line: Motion) -> None:
    after = with_sounds(line, [SoundEdit(0.9, 1.1, 1.0)], FPS, 0.0)
    assert after is line
