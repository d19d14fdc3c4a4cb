"""The recipe that learns a performer's style, on a made-up performer of the demo's sentence."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.__main__ import main
from model_core.base.arrays import Array
from model_core.base.assets import DEFAULT_CHECKPOINT, DEMO_SPEECH
from model_core.base.errors import UserError
from model_core.corpus.conditions import faster
from model_core.encoding.loudness import ClipLoudness
from model_core.formats.registry import write_motion
from model_core.models.checkpoint import load_checkpoint, manifest_files, write_manifest
from model_core.models.face_model import StreamState
from model_core.models.offered_styles import styles_of
from model_core.models.performer.face import Performers, save
from model_core.models.performer.style import PerformerStyle, gathered
from model_core.models.predictor import Predictor
from model_core.motion.closures import closures, lip_opening
from model_core.motion.motion import Motion
from model_core.rig.shapes import CLOSED_MM, SPEECH_SHAPES
from model_core.speech.audio import SAMPLE_RATE, Samples, load_audio
from model_core.training.options import TrainingOptions
from model_core.training.performer.options import PerformerOptions
from model_core.training.performer.recipe import train
from model_core.training.performer.statistics import Statistic
from model_core.worker.task import LatestModels
from tests.quiet_training import quiet_options

LARGER, SIDE, LATE = 1.3, 0.15, 6  # what the performer does otherwise; frames of 60 a second
STEPS, ROUNDING_MM = 30, 1e-3
SPEEDS = (0.72, 0.8, 0.9)


@dataclass(frozen=True)
class Learned:
    """What a run made and said."""

    checkpoint: Path
    said: str
    captures: Path


def performed(motion: Motion) -> Motion:
    """The model's motion as the performer has it: larger, more on the left, and late."""
    sides = [name.endswith("Left") * 1.0 - name.endswith("Right") * 1.0 for name in motion.names]
    weights = motion.weights * LARGER * (1.0 + SIDE * np.array(sides))
    late = np.concatenate([np.zeros((LATE, weights.shape[1])), weights])[: len(weights)]
    return replace(motion, weights=late.clip(0, 1).astype(np.float32))


def options_for(captures: Path, output: Path, said: list[str], **chosen: object) -> TrainingOptions:
    performer = PerformerOptions(**chosen)  # type: ignore[arg-type]
    given = {"steps": STEPS, "say": said.append, "performer": performer}
    return quiet_options(captures, output, output, **given)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    """Three takes of Ann, 25 s in all, and the model that learned from them."""
    root = tmp_path_factory.mktemp("performer")
    model, sentence = Predictor.load(device="cpu", engine="torch"), load_audio(DEMO_SPEECH)
    (root / "captures" / "day 1").mkdir(parents=True)
    for number, speed in enumerate(SPEEDS):
        sound = faster(sentence, [], speed)[0]
        path = root / "captures" / "day 1" / f"take_{number}_iPhone"
        soundfile.write(path.with_suffix(".wav"), sound, SAMPLE_RATE)
        write_motion(performed(model.predict(sound, 60.0)), path.with_suffix(".csv"), "livelink")
    said: list[str] = []
    folder = train(options_for(root / "captures", root / "run", said, name="Ann"))
    return Learned(folder, "\n".join(said), root / "captures")


@pytest.fixture(scope="module")
def sentence() -> Samples:
    return load_audio(DEMO_SPEECH, end=4.0)


@pytest.fixture(scope="module")
def predictor(learned: Learned) -> Predictor:
    return Predictor.load(learned.checkpoint, "cpu", "torch")


@pytest.fixture(scope="module")
def plain(predictor: Predictor, sentence: Samples) -> Motion:
    return predictor.predict(sentence, 60.0, "neutral")


@pytest.fixture(scope="module")
def ann(predictor: Predictor, sentence: Samples) -> Motion:
    return predictor.predict(sentence, 60.0, "Ann")


def mean_of(motion: Motion, ending: str) -> float:
    """Mean weight of the mouth's shapes of a side."""
    names = (name for name in motion.names if name.startswith("mouth") and name.endswith(ending))
    return float(np.mean([motion.weights[:, motion.names.index(name)].mean() for name in names]))


def spread(motion: Motion) -> Array:
    """Range of the speech shapes that move, (K,)."""
    return np.ptp(np.percentile(motion.weights[:, : len(SPEECH_SHAPES)], (10, 90), axis=0), axis=0)


def test_it_moves_as_the_performer_and_closes_as_the_model(plain: Motion, ann: Motion) -> None:
    larger = (spread(ann) / spread(plain).clip(1e-3))[spread(plain) > 0.05]
    assert np.median(larger) == pytest.approx(LARGER, abs=0.15)
    left, right = mean_of(ann, "Left"), mean_of(ann, "Right")
    assert (left - right) / (left + right) == pytest.approx(SIDE, abs=0.075)
    before, after = lip_opening(plain), lip_opening(ann)
    assert before is not None and after is not None
    shut = closures(before)
    assert len(shut) > 3
    assert all(after[a : b + 1].min() < CLOSED_MM + ROUNDING_MM for a, b in shut)
    assert (after[before > CLOSED_MM] > CLOSED_MM - ROUNDING_MM).all()
    assert not np.allclose(ann.weights, plain.weights, atol=0.02)


def test_the_models_own_styles_and_files_stay(
    learned: Learned, predictor: Predictor, sentence: Samples
) -> None:
    assert styles_of(str(learned.checkpoint)) == predictor.styles
    assert predictor.styles == (*styles_of(""), "Ann")
    shipped = Predictor.load(device="cpu", engine="torch")
    style, start = {"neutral": 0.4, "wide": 0.6}, sentence[:SAMPLE_RATE]
    ours, theirs = (each.predict(start, 30.0, style, take=2) for each in (predictor, shipped))
    np.testing.assert_array_equal(ours.weights, theirs.weights)
    for name in ("model.safetensors", "decoder.onnx", "encoder.safetensors"):
        shipped_file = DEFAULT_CHECKPOINT / name
        assert (learned.checkpoint / name).read_bytes() == shipped_file.read_bytes()


def test_what_was_learned_is_told_and_kept_in_the_card(learned: Learned) -> None:
    assert f"comes {1000 * LATE / 60:.0f} ms after the sound" in learned.said
    rows = [row for row in learned.said.splitlines() if row.startswith("| ") and "range" in row]
    assert len(rows) == 8
    card = (learned.checkpoint / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# JambaTalk default model")
    assert "## The performer Ann\n" in card
    assert all(row in card for row in rows)
    assert "closures are kept, and 0 frames" in card


def test_takes_and_mixes_have_the_style_and_stay_closed(
    predictor: Predictor, sentence: Samples, plain: Motion, ann: Motion
) -> None:
    half = predictor.predict(sentence, 60.0, {"neutral": 0.5, "Ann": 0.5})
    closest = 0.5 * (plain.weights + ann.weights)
    apart = (lip_opening(plain) > 2 * CLOSED_MM) & (lip_opening(ann) > 2 * CLOSED_MM)  # type: ignore[operator]
    np.testing.assert_allclose(half.weights[apart], closest[apart], atol=0.02)
    take, again = (predictor.predict(sentence, 60.0, "Ann", take=3) for _ in range(2))
    np.testing.assert_array_equal(take.weights, again.weights)
    assert np.abs(take.weights - ann.weights).max() > 0.03
    shut = closures(lip_opening(ann))  # type: ignore[arg-type]
    opening = lip_opening(take)
    assert opening is not None
    assert all(opening[a : b + 1].min() < CLOSED_MM + ROUNDING_MM for a, b in shut)


def test_chunks_do_not_show_and_onnxruntime_agrees(
    learned: Learned, predictor: Predictor, sentence: Samples
) -> None:
    sentence = sentence[: 2 * SAMPLE_RATE]
    light = Predictor.load(learned.checkpoint, "cpu", "onnxruntime")
    model, mixture = light._model, (0.5, 0.0, 0.0, 0.0, 0.5)
    whole = model.animate(sentence, mixture).weights
    chunks = (sentence[at : at + 7001] for at in range(0, len(sentence), 7001))
    parts = list(model.stream(chunks, mixture, StreamState(ClipLoudness(sentence), step=0.8)))
    assert len(parts) > 1
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)
    torched = predictor._model.animate(sentence, mixture)
    np.testing.assert_allclose(torched.weights, whole, atol=1e-3)


def test_a_second_performer_joins_and_nobody_is_replaced_unasked(
    learned: Learned, tmp_path: Path
) -> None:
    folder = tmp_path / "run" / "checkpoint"
    shutil.copytree(learned.checkpoint, folder)
    with pytest.raises(UserError, match=r"holds another model \(Ann\).*--onto"):
        train(options_for(learned.captures, folder.parent, [], name="Bob"))
    stored = load_checkpoint(folder)
    ann = Performers.read(stored)
    both = Performers(ann.names, {**ann.styles, "Bob": ann.styles["Ann"]})
    save(folder, stored, both, "# Both\n")
    assert styles_of(str(folder))[-2:] == ("Ann", "Bob")
    kept = Performers.read(load_checkpoint(folder)).styles["Ann"]
    np.testing.assert_array_equal(kept.matrix, ann.styles["Ann"].matrix)


def without_sounds(folder: Path) -> None:
    for sound in folder.rglob("*.wav"):
        sound.rename(sound.with_suffix(".mov"))


def one_take(folder: Path) -> None:
    for number in (1, 2):
        (folder / "day 1" / f"take_{number}_iPhone.csv").unlink()


def silent(folder: Path) -> None:
    for sound in folder.rglob("*.wav"):
        soundfile.write(sound, np.zeros(20 * SAMPLE_RATE), SAMPLE_RATE)


def blinks_only(folder: Path) -> None:
    for table in folder.rglob("*.csv"):
        table.write_text("Timecode,BlendshapeCount,EyeBlinkLeft\n00:00:00:00.000,52,0.1\n")


def no_channels(folder: Path) -> None:
    for table in folder.rglob("*.csv"):
        table.write_text("Timecode,BlendshapeCount,Price\n00:00:00:00.000,52,0.1\n")


def still(folder: Path) -> None:
    for table in folder.rglob("*.csv"):
        header, row, *_ = table.read_text().splitlines()
        times = (f"00:00:{second:02d}:00.000,{row.split(',', 1)[1]}" for second in range(9))
        table.write_text("\n".join([header, *times]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_sounds, "no capture with its sound.*ffmpeg -i take_0_iPhone.mov"),
        (shutil.rmtree, "There is no folder"),
        (one_take, "s of speech; record at least 20"),
        (silent, "have 0 s of speech"),
        (blinks_only, "0 of the 21 shapes"),
        (no_channels, "none of its columns"),
        (still, "mouth hardly moves"),
    ],
)
def test_what_cannot_be_learned_from_is_one_sentence(
    learned: Learned,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    words: str,
) -> None:
    folder = tmp_path / "captures"
    shutil.copytree(learned.captures, folder)
    spoil(folder)
    command = ["train", "--config", "performer", "--data", str(folder), "--name", "Ann"]
    assert main([*command, "--output", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert re.search(words, error), error
    assert not (tmp_path / "run" / "checkpoint").exists()


@pytest.mark.parametrize("name", ["", " Ann", "a,b", "x" * 41, "a:b"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(UserError, match="--name must be"):
        PerformerOptions(name=name)


def test_no_steps_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--steps must be at least 1"):
        replace(options_for(tmp_path, tmp_path, [], name="Ann"), steps=0)


def test_a_run_that_was_interrupted_is_not_written_over(learned: Learned, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    shutil.copy(learned.checkpoint / "performers.npz", folder)
    with pytest.raises(UserError, match="of a run that was interrupted"):
        train(options_for(learned.captures, tmp_path, [], name="Ann"))


def cut_short(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_folder_is_replaced_whole(
    learned: Learned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = tmp_path / "no graphs", tmp_path / "checkpoint"
    shutil.copytree(learned.checkpoint, folder)
    shutil.copytree(learned.checkpoint, source, ignore=shutil.ignore_patterns("*.onnx"))
    write_manifest(source)
    plain = load_checkpoint(source)
    save(folder, plain, Performers.read(plain), "# No graphs\n")
    assert not list(folder.glob("*.onnx"))
    assert manifest_files(folder).keys() == manifest_files(source).keys()
    (folder / "notes").mkdir()
    (folder / "notes" / "mine.txt").write_text("kept", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with monkeypatch.context() as patched:
        patched.setattr(Performers, "save", cut_short)
        with pytest.raises(KeyboardInterrupt):
            save(folder, plain, Performers.read(plain), "# Cut short\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    save(folder, load_checkpoint(folder), Performers.read(plain), "# Again\n")
    assert (folder / "notes" / "mine.txt").read_text(encoding="utf-8") == "kept"


def test_a_worker_notices_that_a_performer_was_learned_again(
    learned: Learned, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(learned.checkpoint, tmp_path / "copy"))
    latest, stored = LatestModels().speech, load_checkpoint(folder)
    before = latest.load(str(folder), "cpu")
    assert latest.load(str(folder), "cpu") is before
    ann = Performers.read(stored)
    save(folder, stored, Performers(ann.names, {"Bob": ann.styles["Ann"]}), "# Bob\n")
    assert latest.load(str(folder), "cpu").styles[-1] == "Bob"


def test_a_style_of_the_models_own_is_not_replaced(learned: Learned, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has a style 'neutral' already"):
        train(options_for(learned.captures, tmp_path, [], name="Neutral"))


def test_damaged_performers_get_one_sentence(learned: Learned, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(learned.checkpoint, tmp_path / "copy"))
    (copy / "performers.npz").write_bytes(b"none")
    with pytest.raises(UserError, match="is damaged or was changed"):
        Predictor.load(copy)


def test_a_style_sees_frames_around_and_holds_the_ends() -> None:
    weights = np.arange(40, dtype=np.float32)[:, None] / 40.0
    around = gathered(weights)
    assert around.shape == (40, 5)
    np.testing.assert_allclose(40 * around[20], [8, 14, 20, 26, 32])
    np.testing.assert_allclose(40 * around[0], [0, 0, 0, 6, 12])
    before = PerformerStyle(np.eye(5, 1, dtype=np.float32), np.zeros(1, np.float32))
    np.testing.assert_allclose(40 * before(weights)[20], [8])


@pytest.mark.parametrize(
    ("kind", "numbers", "moved"),
    [
        ("range", (1.0, 1.3, 1.3), 1.0),
        ("range", (1.0, 1.15, 1.3), 0.5),
        ("range", (1.0, 0.7, 1.3), -1.0),
        ("range", (1.0, 1.0, 1.05), None),
        ("side", (0.0, 0.2, 0.1), 0.0),
        ("side", (0.0, 0.2, 0.02), None),
        ("mm", (0.0, -1.0, -2.0), 0.5),
    ],
)
def test_how_far_a_number_moved(
    kind: str, numbers: tuple[float, float, float], moved: float | None
) -> None:
    found = Statistic("jaw", kind, *numbers).moved
    assert found is None if moved is None else found == pytest.approx(moved)
