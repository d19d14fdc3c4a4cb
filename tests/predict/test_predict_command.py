"""``python -m model_core predict`` as a user runs it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_core.__main__ import main
from model_core.formats.registry import MOTION_FORMATS, read_motion, recognised
from model_core.models.predictor import Predictor
from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.rig.shapes import CLOSED_MM
from model_core.speech.audio import Samples, load_audio
from tests.formats.takes import HEADER, made_up, write_take

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "model_core", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_file_becomes_a_motion(checkpoint: Path, sentence: Path, tmp_path: Path) -> None:
    output = tmp_path / "m.npz"
    options = ["--start", "1", "--end", "3", "--fps", "24", "--style", "wide", "--seed", "1"]
    status = main(
        ["predict", str(sentence), "-o", str(output), "--checkpoint", str(checkpoint), *options]
    )
    assert status == 0
    motion = Motion.load(output)
    assert (motion.fps, motion.frames, motion.topology) == (24.0, 48, "flame5023")
    with np.load(output) as arrays:
        assert set(arrays.files) == {"fps", "names", "weights", "basis", "topology", "loudness"}


def test_dense_adds_the_offsets(checkpoint: Path, sentence: Path, tmp_path: Path) -> None:
    output = tmp_path / "m.npz"
    arguments = ["predict", str(sentence), "-o", str(output), "--end", "0.5", "--dense"]
    assert main([*arguments, "--checkpoint", str(checkpoint)]) == 0
    with np.load(output) as arrays:
        assert arrays["offsets"].shape == (15, 5023, 3)
    offsets = Motion.load(output).offsets()
    assert np.abs(offsets).max() > 1e-4
    np.testing.assert_allclose(np.load(output)["offsets"], offsets, atol=1e-8)


def test_life_adds_columns_and_a_head_and_leaves_the_mouth(
    checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    common = ["predict", str(sentence), "--end", "3", "--checkpoint", str(checkpoint)]
    made = {}
    for name, options in {
        "plain": [],
        "alive": ["--life", "1", "--seed", "3"],
        "again": ["--life", "1", "--seed", "3"],
        "other": ["--life", "1", "--seed", "4"],
        "still": ["--life", "1", "--seed", "3", "--no-head", "--no-breathing"],
    }.items():
        assert main([*common, "-o", str(tmp_path / f"{name}.npz"), *options]) == 0
        made[name] = Motion.load(tmp_path / f"{name}.npz")
    plain, alive = made["plain"], made["alive"]
    count = len(plain.names)
    assert plain.head is None and made["still"].head is None
    assert alive.head.shape == (alive.frames, 3) and alive.eyes.shape == (alive.frames, 2, 3)
    np.testing.assert_array_equal(alive.weights[:, :count], plain.weights)
    for prefix, sides in {"eyeBlink": 2, "eyeLook": 8, "brow": 6}.items():
        assert sum(name.startswith(prefix) for name in alive.names[count:]) == sides
    np.testing.assert_array_equal(alive.weights, made["again"].weights)
    np.testing.assert_array_equal(alive.head, made["again"].head)
    assert np.abs(alive.head - made["other"].head).max() > 0.005


def test_a_mood_keeps_closed_lips_closed(checkpoint: Path, sentence: Path, tmp_path: Path) -> None:
    common = ["predict", str(sentence), "--end", "3", "--checkpoint", str(checkpoint)]
    openings = []
    for name, options in {"plain": [], "moody": ["--mood", "disgusted:0.7", "happy"]}.items():
        assert main([*common, "-o", str(tmp_path / f"{name}.npz"), *options]) == 0
        openings.append(lip_opening(Motion.load(tmp_path / f"{name}.npz")))
    plain, moody = openings
    closed = plain < CLOSED_MM
    assert np.abs(moody - plain)[closed].max() <= 0.1
    assert "noseSneerLeft" in Motion.load(tmp_path / "moody.npz").names


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--life", "-1"], "-1 is not from 0 to 3"),
        (["--mood", "hangry:1"], "there are happy, sad, angry"),
        (["--mood", "happy:9"], "9 is not from 0 to 1.5"),
    ],
)
def test_a_wrong_life_or_mood_is_one_sentence(
    options: list[str], says: str, sentence: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(sentence), *options])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("name", MOTION_FORMATS)
@pytest.mark.parametrize("folder", [False, True])
def test_the_format_asked_for_is_written(
    checkpoint: Path, sentence: Path, name: str, folder: bool, tmp_path: Path
) -> None:
    output = tmp_path / f"{sentence.stem}{MOTION_FORMATS[name].suffix}"
    place = ["--output-dir", str(tmp_path)] if folder else ["-o", str(output)]
    arguments = ["predict", str(sentence), *place, "--end", "0.5", "--format", name]
    assert main([*arguments, "--checkpoint", str(checkpoint)]) == 0
    assert recognised(output) == name
    motion = read_motion(output)
    assert (motion.fps, motion.frames) == (pytest.approx(30.0), 15)
    expected = Predictor.load(checkpoint).predict(load_audio(sentence, end=0.5))
    columns = [motion.names.index(shape) for shape in expected.names]
    np.testing.assert_allclose(motion.weights[:, columns], expected.weights, atol=1e-5)


@pytest.mark.parametrize(("suffix", "name"), [(".npz", "npz"), (".csv", "csv"), (".json", "a2f")])
def test_the_suffix_is_the_format_where_none_is_asked_for(
    checkpoint: Path, sentence: Path, suffix: str, name: str, tmp_path: Path
) -> None:
    output = tmp_path / f"m{suffix}"
    arguments = ["predict", str(sentence), "-o", str(output), "--end", "0.5"]
    assert main([*arguments, "--checkpoint", str(checkpoint)]) == 0
    assert recognised(output) == name


def test_a_recorded_face_is_kept_around_the_mouth(
    checkpoint: Path, sentence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times, values = np.arange(180) / 60, made_up(180)
    take = write_take(tmp_path / "take.csv", values, times=times)
    common = ["predict", str(sentence), "--end", "2.5", "--checkpoint", str(checkpoint)]
    assert main([*common, "-o", str(tmp_path / "plain.npz")]) == 0
    options = ["--capture", str(take), "--capture-start", "1"]
    assert main([*common, "-o", str(tmp_path / "kept.csv"), "--format", "livelink", *options]) == 0
    assert "note: take.csv: It does not show 0.47 s" in capsys.readouterr().err
    plain, kept = Motion.load(tmp_path / "plain.npz"), read_motion(tmp_path / "kept.csv")
    brow = np.interp(np.arange(60) / 30 + 1, times, values[:, HEADER.index("BrowDownLeft")])
    np.testing.assert_allclose(kept.weights[:60, kept.names.index("browDownLeft")], brow, atol=1e-5)
    smile = "mouthSmileLeft"
    np.testing.assert_allclose(
        kept.weights[:, kept.names.index(smile)],
        plain.weights[:, plain.names.index(smile)],
        atol=1e-6,
    )
    assert kept.head.shape == (75, 3)


def test_a_recording_that_is_none_is_one_sentence(
    checkpoint: Path, sentence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take, output = tmp_path / "take.csv", tmp_path / "m.npz"
    take.write_text("hello\n", encoding="utf-8")
    arguments = ["predict", str(sentence), "-o", str(output), "--end", "1", "--capture", str(take)]
    assert main([*arguments, "--checkpoint", str(checkpoint)]) == 2
    told = capsys.readouterr().err
    assert "take.csv is no table of face motion" in told and told.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize(
    ("name", "dense", "says"),
    [
        ("m.fbx", [], "unknown format '.fbx'; choose from .npz"),
        ("m", [], "unknown format '(no suffix)'"),
        ("m.csv", ["--dense"], "only .npz can hold vertex offsets"),
    ],
)
def test_a_format_that_cannot_be_written_is_refused_before_the_model_is_loaded(
    name: str, dense: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["predict", "speech.wav", "-o", str(tmp_path / name), *dense]
    assert main([*arguments, "--checkpoint", str(tmp_path / "no model")]) == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_bad_file_does_not_stop_the_others(
    checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    text = tmp_path / "letter.wav"
    text.write_text("Dear reader")
    spoilt = tmp_path / "spoilt.wav"
    soundfile.write(spoilt, np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    short = tmp_path / "short.wav"
    soundfile.write(short, np.full(5, 0.1), 16000)
    target = tmp_path / "out"
    done = run(
        "predict", text, tmp_path / "gone.wav", spoilt, short, sentence,
        "--output-dir", target, "--checkpoint", checkpoint,
    )  # fmt: skip
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in said[:3]] == ["error"] * 3
    assert all(line.startswith("note: ") for line in said[3:])
    assert "nothing but" in said[-1]  # what is shorter than a click is no speech
    assert sorted(path.name for path in target.iterdir()) == ["demo_speech.npz", "short.npz"]
    assert Motion.load(target / "short.npz").frames == 1


def test_a_failure_does_not_stop_the_others(
    checkpoint: Path, sentence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (1, 2):
        soundfile.write(tmp_path / f"{seconds}.wav", np.full(seconds * 16000, 0.1), 16000)
    plain = Predictor.predict

    def predict(self: Predictor, samples: Samples, *rest: Any, **named: Any) -> Motion:
        if len(samples) == 16000:
            raise ValueError("unforeseen")
        return plain(self, samples, *rest, **named)

    monkeypatch.setattr(Predictor, "predict", predict)
    sounds = [str(tmp_path / name) for name in ("1.wav", "gone.wav", "2.wav")]
    options = ["--output-dir", str(tmp_path / "out"), "--checkpoint", str(checkpoint)]
    assert main(["predict", *sounds, *options]) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["2.npz"]
    assert main(["predict", *sounds[1:], *options]) == 2


def test_a_damaged_checkpoint_is_one_sentence(sentence: Path, tmp_path: Path) -> None:
    done = run("predict", sentence, "-o", tmp_path / "m.npz", "--checkpoint", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no model in ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "m.npz").exists()


def test_where_nothing_can_be_written(checkpoint: Path, sentence: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("predict", sentence, "-o", tmp_path / "file" / "m.npz", "--checkpoint", checkpoint)
    assert done.returncode == 2
    assert done.stderr.startswith("error: Cannot write ")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["levitate"],
        ["predict"],
        ["predict", "a.wav", "--loud"],
        ["predict", "a.wav", "--fps", "many"],
        ["predict", "a.wav", "-o", "m.npz", "--output-dir", "d"],
    ],
)
def test_wrong_arguments_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "arguments", [["a.wav", "b.wav", "-o", "m.npz"], ["x/a.wav", "y/a.wav", "--output-dir", "d"]]
)
def test_outputs_that_would_overwrite_each_other(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_one_command_does_not_import_another() -> None:
    program = (
        "import sys; from model_core.__main__ import main\n"
        "try: main(['predict', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'scipy', 'model_core.cli.train'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_command_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    listed = capsys.readouterr().out
    assert "predict" in listed
    assert "evaluate-lips" in listed


INTERRUPTED = """
import os, signal, sys
from model_core.__main__ import main

class PressCtrlC:
    def find_spec(self, name, *_):
        if name == "torch":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, PressCtrlC())
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_while_torch_loads(checkpoint: Path, sentence: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    options = ["--output-dir", target, "--checkpoint", checkpoint, "--engine", "torch"]
    command = [sys.executable, "-c", INTERRUPTED, "predict", sentence, *options]
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "error: Interrupted.\n")
    assert not target.exists()


def test_a_take_is_asked_for_by_number(checkpoint: Path, sentence: Path, tmp_path: Path) -> None:
    common = ["predict", str(sentence), "--end", "1", "--checkpoint", str(checkpoint)]
    made = []
    for asked in ([], ["--take", "3"], ["--take", "3", "--variation", "0"]):
        path = tmp_path / f"{len(made)}.npz"
        assert main([*common, *asked, "-o", str(path)]) == 0
        made.append(Motion.load(path).weights)
    plain, other, none = made
    assert none.tobytes() == plain.tobytes()
    assert abs(other - plain).max() > 0.001
