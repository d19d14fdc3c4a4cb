"""The plain rivals of a study, on the demo sentence and what Rhubarb heard in it."""

from pathlib import Path

import numpy as np
import pytest

from model_core.base.assets import DEMO_SPEECH
from model_core.base.errors import UserError
from model_core.evaluation.baselines import Cue, energy_jaw, read_cues, viseme_motion
from model_core.rig.lip_geometry import lip_curves
from model_core.speech.audio import SAMPLE_RATE, load_audio
from model_core.speech.loudness import loudness_envelope

CUES = Path(__file__).resolve().parents[1] / "study" / "demo_rhubarb.json"


def test_rhubarbs_mouths_are_held_and_reached() -> None:
    cues = read_cues(CUES)
    assert len(cues) == 52 and cues[0] == Cue(0.0, "X")
    motion = viseme_motion(cues, 6.05, 60.0)
    opening = lip_curves(motion.weights, motion.basis).opening
    assert motion.frames == 363
    assert np.abs(motion.weights[: round(0.3 * 60)]).max() == 0.0  # X, to 0.35 s
    closed = [cue for cue in cues if cue.shape == "A"]
    assert len(closed) > 3
    for cue in closed:  # every bilabial it heard closes the lips, however short
        frame = round((cue.start + 0.04) * 60)
        assert opening[frame - 2 : frame + 3].min() < 1.0
    assert opening.max() > 5.0


def test_lines_of_text_are_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "cues.tsv"
    path.write_text("0.00\tX\n0.20\tD\n0.60\tX\n", encoding="utf-8")
    assert read_cues(path) == [Cue(0.0, "X"), Cue(0.2, "D"), Cue(0.6, "X")]
    for text in ("", "hello", "0.1 Q", '{"cues": []}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=r"cues\.tsv"):
            read_cues(path)
    with pytest.raises(UserError, match="no file"):
        read_cues(tmp_path / "none.json")


def test_a_jaw_follows_loudness() -> None:
    samples = load_audio(DEMO_SPEECH)
    motion = energy_jaw(samples, 30.0)
    opening = lip_curves(motion.weights, motion.basis).opening
    level = loudness_envelope(samples, motion.frames, 30.0)
    assert motion.frames == round(len(samples) / SAMPLE_RATE * 30)
    assert opening[level < -30].max() == 0.0 and opening[level > -6].min() > 4.0
