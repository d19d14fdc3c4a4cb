"""The worker as a parent process sees it: a subprocess, lines in, lines out."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_core.formats.registry import read_curves
from model_core.motion.motion import Motion
from model_core.speech.audio import load_audio

ROOT = Path(__file__).resolve().parents[2]
Event = dict[str, Any]


class Parent:
    """Talks to a worker."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "model_core.worker"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")

    def ask(self, **fields: Any) -> None:
        self.say(json.dumps(fields))

    def hear(self) -> Event:
        assert self.process.stdout is not None
        event: Event = json.loads(self.process.stdout.readline())
        return event

    def answer(self, **fields: Any) -> tuple[Event, list[Event]]:
        """Ask and return the final event and the progress before it."""
        self.ask(**fields)
        progress = []
        while (event := self.hear())["event"] == "progress":
            progress.append(event)
        return event, progress


@pytest.fixture
def parent() -> Iterator[Parent]:
    parent = Parent()
    yield parent
    parent.process.kill()
    parent.process.wait()
    for pipe in (parent.process.stdin, parent.process.stdout, parent.process.stderr):
        if pipe is not None:
            with suppress(OSError):  # unsent lines
                pipe.close()


def predict(identity: int, sentence: Path, checkpoint: Path, output: Path) -> Event:
    return {
        "op": "predict",
        "id": identity,
        "audio": {"path": str(sentence), "start": 0.5, "end": 2.5},
        "fps": 25.0,
        "style": "wide",
        "seed": 0,
        "device": "cpu",
        "checkpoint": str(checkpoint),
        "output": str(output),
    }


def test_a_bake_from_start_to_end(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    hello, _ = parent.answer(op="hello", id=1, checkpoint=str(checkpoint), device="cpu")
    assert hello["event"] == "hello"
    assert hello["protocol"] == 1
    assert hello["runtime"].startswith("torch ")
    assert hello["styles"] == ["neutral", "wide"]

    output = tmp_path / "m.npz"
    done, progress = parent.answer(**predict(2, sentence, checkpoint, output))
    assert (done["event"], done["id"], done["frames"]) == ("done", 2, 50)
    assert done["output"] == str(output)
    assert done["seconds"] > 0
    fractions = [event["fraction"] for event in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert Motion.load(output).frames == 50

    parent.ask(op="quit")
    assert parent.process.wait(120) == 0


@pytest.mark.parametrize("old", [False, True], ids=["options", "as in version 0.1"])
def test_curves_are_made_of_the_frames_and_the_strength_asked_for(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path, old: bool
) -> None:
    wish: Event = {"output": str(tmp_path / "c.npz"), "frames": 20}
    chosen: Event = {"tolerance_mm": 0.0, "strength": 0.5}
    asked: Event = {"curves": wish | chosen} if old else {"curves": wish, "options": chosen}
    request = predict(2, sentence, checkpoint, tmp_path / "m.npz")
    done, progress = parent.answer(**request, **asked)
    assert done["event"] == "done"
    assert progress[-1]["message"] == "Making curves"
    assert progress[-1]["fraction"] < 1
    motion = Motion.load(tmp_path / "m.npz")
    assert motion.frames == 50
    made = read_curves(tmp_path / "c.npz")
    curves, error_mm = made.curves, made.error_mm
    assert error_mm == 0
    assert curves
    for name, curve in curves.items():
        whole = motion.weights[:20, motion.names.index(name)]
        assert curve.values == pytest.approx(whole * 0.5, abs=1e-6)

    answer, _ = parent.answer(**request, curves=["c.npz"])
    assert answer["kind"] == "user"
    assert '"curves" must be an object' in answer["message"]


def test_life_and_a_mood_that_changes_come_with_the_motion(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    request = predict(2, sentence, checkpoint, tmp_path / "m.npz")
    wish: Event = {"output": str(tmp_path / "c.npz"), "frames": None}
    options: Event = {"life": 1, "seed": 5, "strength": 0.5, "mood_happy": 1.0}
    ramp = np.linspace(0.0, 1.0, 50)
    moods = {"sad": ramp.tolist(), "happy": [0.0]}
    done, _ = parent.answer(**request, curves=wish, options=options, moods=moods)
    assert done["event"] == "done"
    motion, curves = Motion.load(tmp_path / "m.npz"), read_curves(tmp_path / "c.npz").curves
    assert motion.head.shape == (50, 3)
    frown = motion.weights[:, motion.names.index("mouthFrownLeft")]
    assert frown[0] == 0.0 and np.corrcoef(frown, ramp)[0, 1] > 0.9
    assert "cheekSquintLeft" not in motion.names  # what changes counts instead
    for name, factor in (("jawOpen", 0.5), ("browInnerUpLeft", 1.0)):
        whole = motion.weights[:, motion.names.index(name)] * factor
        assert np.abs(curves[name].at(np.arange(50)) - whole).max() < 0.05


def test_other_styles_are_told_beside_the_own_and_their_names_are_checked(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    request = predict(2, sentence, checkpoint, tmp_path / "m.npz")
    done, progress = parent.answer(**request, options={"keep_styles": True, "style": "wide"})
    assert set(done["styles"]) == {"neutral"}
    fractions = [event["fraction"] for event in progress]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    own, other = (Motion.load(path) for path in (done["output"], done["styles"]["neutral"]))
    assert other.frames == own.frames and np.abs(own.weights - other.weights).max() > 1e-3
    blended = {"blend_style": "hasty", "style_blend": 0.5}
    refused, _ = parent.answer(**request, options=blended)
    assert refused["message"] == "There is no style 'hasty'; choose from neutral, wide."


def test_samples_in_a_file_are_the_same_sound(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", np.stack([load_audio(sentence, 0.5, 2.5)] * 2, axis=1))
    request = predict(1, sentence, checkpoint, tmp_path / "a.npz")
    assert parent.answer(**request)[0]["event"] == "done"
    request["output"] = str(tmp_path / "b.npz")
    request["audio"] = {"samples": str(tmp_path / "x.npy"), "rate": 16000}
    assert parent.answer(**request)[0]["event"] == "done"
    np.testing.assert_allclose(
        Motion.load(tmp_path / "b.npz").weights, Motion.load(tmp_path / "a.npz").weights, atol=1e-5
    )


def test_what_another_decoder_may_read_has_a_code(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(4000))
    codes = []
    for name in ("film.mp4", "gone.mp4", "caf\udce9.mp4"):
        request = predict(1, tmp_path / name, checkpoint, tmp_path / "m.npz")
        event, _ = parent.answer(**request)
        assert (event["event"], event["kind"]) == ("error", "user")
        event["message"].encode()  # as those who show it do
        codes.append(event["code"])
    assert codes == ["undecodable", "", ""]
    assert parent.answer(**predict(2, sentence, checkpoint, tmp_path / "m.npz"))[0]["notes"] == []


def wrong_changes(sentence: Path, folder: Path) -> list[Event]:
    """Return what makes a good request a bad one."""
    return [
        {"op": "levitate"},
        {"op": ["predict"]},
        {"op": None},
        {"audio": None},
        {"audio": {"path": 7}},
        {"audio": {"path": str(folder / "gone.wav")}},
        {"audio": {"path": str(sentence), "start": "soon"}},
        {"audio": {"samples": str(sentence), "rate": 16000}},
        {"audio": {"samples": str(folder / "gone.npy"), "rate": 16000}},
        {"fps": "fast"},
        {"fps": 0},
        {"fps": 10**400},
        {"style": "operatic"},
        {"style": 3},
        {"options": ["style"]},
        {"options": {"style": 3}},
        {"options": {"strength": 7}},
        {"options": {"strength": True}},
        {"options": {"strength": 10**400}},
        {"options": {"seed": 0.5}},
        {"options": {"output": "NOTHING"}},
        {"options": {"levity": 1}},
        {"options": {"life": -1}},
        {"moods": ["happy"]},
        {"moods": {"hangry": [1.0]}},
        {"moods": {"happy": "much"}},
        {"moods": {"happy": []}},
        {"moods": {"happy": [0.0, 9.0]}},
        {"curves": {"output": str(folder / "c.npz"), "tolerance_mm": "fine"}},
        {"seed": -1},
        {"device": "abacus"},
        {"checkpoint": str(folder)},
        {"output": ""},
        {"output": None},
        {"output": str(sentence / "m.npz")},
    ]


def test_nonsense_is_answered_and_survived(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    for line in ("{", "[1, 2]", '"op"', "[" * 100_000, "\0\0", '{"op": ', "💥"):
        parent.say(line)
        event = parent.hear()
        assert (event["event"], event["id"], event["kind"]) == ("error", None, "user")
    good = predict(7, sentence, checkpoint, tmp_path / "m.npz")
    for change in wrong_changes(sentence, tmp_path):
        event, _ = parent.answer(**{**good, **change})
        assert (event["event"], event["id"], event["kind"]) == ("error", 7, "user"), (change, event)
        assert "\n" not in event["message"]
    assert list(tmp_path.iterdir()) == []
    assert parent.answer(**good)[0]["event"] == "done"


def test_cancelling_what_runs_and_what_waits(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "long.npy", np.tile(load_audio(sentence), 60))
    running = predict(1, sentence, checkpoint, tmp_path / "running.npz")
    running["audio"] = {"samples": str(tmp_path / "long.npy"), "rate": 16000}
    parent.ask(**running)
    parent.ask(**predict(2, sentence, checkpoint, tmp_path / "waiting.npz"))
    while parent.hear().get("fraction", 0.0) == 0.0:  # it has begun to listen
        pass
    parent.ask(op="cancel", id=2)
    parent.ask(op="cancel", id=1)
    parent.ask(op="cancel", id=99)
    ends = {}
    while len(ends) < 2:
        event = parent.hear()
        if event["event"] != "progress":
            ends[event["id"]] = event["event"]
    assert ends == {1: "cancelled", 2: "cancelled"}
    assert [path.name for path in tmp_path.iterdir()] == ["long.npy"]
    again = predict(1, sentence, checkpoint, tmp_path / "again.npz")  # the id may be used anew
    assert parent.answer(**again)[0]["event"] == "done"


def test_the_end_of_input_ends_it(parent: Parent) -> None:
    assert parent.process.stdin is not None
    parent.process.stdin.close()
    assert parent.process.wait(120) == 0


def test_what_was_asked_before_the_end_of_input_is_answered(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    request = predict(1, sentence, checkpoint, tmp_path / "m.npz")
    out, _ = parent.process.communicate(json.dumps(request) + "\n", timeout=120)
    assert json.loads(out.splitlines()[-1])["event"] == "done"
    parent.process.wait()


def test_a_worker_nobody_listens_to_ends(
    parent: Parent, checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    for identity in range(50):
        parent.ask(**predict(identity, sentence, checkpoint, tmp_path / "m.npz"))
    assert parent.process.stdin is not None
    assert parent.process.stdout is not None
    parent.process.stdout.close()
    parent.process.stdin.close()
    assert parent.process.wait(120) == 0
    assert not (tmp_path / "m.npz").exists()
