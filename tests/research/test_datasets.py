"""VOCASET in both layouts, BIWI in both, Motion folders; and what is said of damaged ones."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.base.errors import UserError
from model_core.datasets.biwi import normalised, open_biwi, read_vl
from model_core.datasets.corpora import BIWI, VOCASET
from model_core.datasets.dataset import FaceDataset
from model_core.datasets.motion_folder import MotionFolder
from model_core.datasets.pickles import read_pickle
from model_core.datasets.synthetic import FPS, RATE
from model_core.datasets.vocaset import open_vocaset
from model_core.motion.motion import Motion

TRAIN, TEST = "FaceTalk_170728_03272_TA", "FaceTalk_170809_00138_TA"


def test_published_splits() -> None:
    assert [len(VOCASET.splits[name].subjects) for name in ("train", "val", "test")] == [8, 2, 2]
    everyone = [s for split in VOCASET.splits.values() for s in split.subjects]
    assert len(set(everyone)) == 12
    assert VOCASET.splits["train"].sentences == range(1, 41)
    assert VOCASET.splits["test"].sentences == range(21, 41)
    assert len(set(BIWI.splits["train"].subjects + BIWI.splits["test-b"].subjects)) == 14
    assert BIWI.splits["val"].sentences == range(33, 37)


def test_the_made_up_vocaset_has_the_exact_format(small_vocaset: Path) -> None:
    frames = np.load(small_vocaset / "data_verts.npy", mmap_mode="r")
    index = read_pickle(small_vocaset / "subj_seq_to_idx.pkl")
    audio = read_pickle(small_vocaset / "raw_audio_fixed.pkl")
    assert frames.shape == (12 * 36, 5023, 3)
    assert frames.dtype == np.float32
    assert set(index) == set(audio) == set(read_pickle(small_vocaset / "templates.pkl"))
    assert list(index[TRAIN]) == ["sentence01"]
    assert list(index[TEST]) == ["sentence21"]
    entry = audio[TRAIN]["sentence01"]
    assert entry["audio"].dtype == np.int16
    assert len(entry["audio"]) / RATE == pytest.approx(0.6, abs=1e-3)
    assert sorted(row for s in index.values() for n in s.values() for row in n.values()) == list(
        range(len(frames))
    )


def test_take_halves_the_rate_and_subtracts_the_template(small_vocaset: Path) -> None:
    dataset = open_vocaset(small_vocaset)
    (sentence, *_) = dataset.sentences("train")
    take = dataset.recorded(sentence)
    frames = np.load(small_vocaset / "data_verts.npy")
    rows = read_pickle(small_vocaset / "subj_seq_to_idx.pkl")[TRAIN]["sentence01"]
    neutral = read_pickle(small_vocaset / "templates.pkl")[TRAIN]
    np.testing.assert_array_equal(
        take.offsets, frames[[rows[t] for t in range(0, 36, 2)]] - neutral
    )
    assert FPS / dataset.fps == 2
    assert len(take.samples) == round(len(take.offsets) / 30 * 16000)
    opening = take.offsets[:, 3533, 1] - take.offsets[:, 3504, 1]
    assert opening[4] < 0.0008 < opening[9]  # m at 0.13 s, A: at 0.3 s


def test_both_layouts_hold_the_same(small_vocaset: Path, common_layout: Path) -> None:
    distributed, common = open_vocaset(small_vocaset), open_vocaset(common_layout)
    for split in ("train", "val", "test"):
        assert distributed.sentences(split) == common.sentences(split)
    sentence = common.sentences("test")[0]
    first, second = distributed.recorded(sentence), common.recorded(sentence)
    np.testing.assert_array_equal(first.offsets, second.offsets)
    np.testing.assert_allclose(first.samples, second.samples, atol=2e-4)


@pytest.fixture
def common_layout(small_vocaset: Path, tmp_path: Path) -> Path:
    """The same dataset as ``vertices_npy/`` and ``wav/``."""
    frames = np.load(small_vocaset / "data_verts.npy", mmap_mode="r")
    audio = read_pickle(small_vocaset / "raw_audio_fixed.pkl")
    (tmp_path / "vertices_npy").mkdir()
    (tmp_path / "wav").mkdir()
    shutil.copy(small_vocaset / "templates.pkl", tmp_path)
    for subject, sentences in read_pickle(small_vocaset / "subj_seq_to_idx.pkl").items():
        for name, rows in sentences.items():
            flat = frames[list(rows.values())].reshape(len(rows), -1)
            np.save(tmp_path / "vertices_npy" / f"{subject}_{name}.npy", flat)
            sound = audio[subject][name]
            wav = tmp_path / "wav" / f"{subject}_{name}.wav"
            soundfile.write(wav, sound["audio"], sound["sample_rate"])
    return tmp_path


def test_common_layout_faults_name_the_file(common_layout: Path) -> None:
    name = f"{TEST}_sentence21"
    vertices, wav = common_layout / f"vertices_npy/{name}.npy", common_layout / f"wav/{name}.wav"
    good = np.load(vertices)
    np.save(vertices, good[:, :300])
    _expect(open_vocaset(common_layout), rf"{name}\.npy has shape \(36, 300\)")
    good[3, 5] = np.nan
    np.save(vertices, good)
    _expect(open_vocaset(common_layout), rf"{name}\.npy holds numbers that are not finite")
    vertices.write_bytes(vertices.read_bytes()[:5000])
    _expect(open_vocaset(common_layout), rf"{name}\.npy is not a whole \.npy")
    np.save(vertices, np.zeros((36, 15069), np.float32))
    soundfile.write(wav, np.zeros(3 * 16000), 16000)
    _expect(open_vocaset(common_layout), rf"{name}\.wav: the sound .* lasts 3\.00 s")
    wav.unlink()
    _expect(open_vocaset(common_layout), rf"{name}\.wav")


def test_distributed_faults_name_the_file(small_vocaset: Path, tmp_path: Path) -> None:
    for path in small_vocaset.glob("*.*"):
        (tmp_path / path.name).symlink_to(path)
    audio = read_pickle(small_vocaset / "raw_audio_fixed.pkl")
    audio[TEST] = {"sentence21": {"audio": np.zeros(RATE * 4, np.int16), "sample_rate": RATE}}
    _replace(tmp_path / "raw_audio_fixed.pkl", audio)
    _expect(open_vocaset(tmp_path), r"raw_audio_fixed\.pkl: the sound .* lasts 4\.00 s")
    del audio[TEST]
    _replace(tmp_path / "raw_audio_fixed.pkl", audio)
    _expect(open_vocaset(tmp_path), r"raw_audio_fixed\.pkl has no sound")
    index = read_pickle(small_vocaset / "subj_seq_to_idx.pkl")
    index[TEST]["sentence21"][0] = 10**6
    _replace(tmp_path / "subj_seq_to_idx.pkl", index)
    _expect(open_vocaset(tmp_path), r"subj_seq_to_idx\.pkl: .* rows beyond")
    del index[TEST]
    _replace(tmp_path / "subj_seq_to_idx.pkl", index)
    _expect(open_vocaset(tmp_path), rf"subj_seq_to_idx\.pkl has no sentence .* of {TEST}")
    templates = read_pickle(small_vocaset / "templates.pkl")
    del templates[TEST]
    _replace(tmp_path / "templates.pkl", templates)
    _expect(open_vocaset(tmp_path), rf"no face for {TEST}")
    _replace(tmp_path / "templates.pkl", {TEST: np.zeros((10, 3))})
    with pytest.raises(UserError, match=r"templates\.pkl: .* not an array of 5023"):
        open_vocaset(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    for opened in (open_vocaset, open_biwi, MotionFolder):
        with pytest.raises(UserError, match=str(tmp_path)):
            opened(tmp_path)


def test_biwi_common_layout_keeps_every_frame(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    neutral = {"F2": rng.normal(size=(3895, 3)).astype(np.float32)}
    _replace(tmp_path / "templates.pkl", neutral | dict.fromkeys(BIWI.styles, neutral["F2"]))
    (tmp_path / "vertices_npy").mkdir()
    (tmp_path / "wav").mkdir()
    for subject in BIWI.styles:
        moved = neutral["F2"] + np.linspace(0, 0.1, 25)[:, None, None]
        np.save(tmp_path / f"vertices_npy/{subject}_e37.npy", moved.reshape(25, -1))
        soundfile.write(tmp_path / f"wav/{subject}_e37.wav", np.zeros(44100), 44100)
    dataset = open_biwi(tmp_path)
    sentences = dataset.sentences("test")
    assert [s.name for s in sentences] == [f"{s}_e37" for s in BIWI.styles]
    take = dataset.recorded(sentences[0])
    assert take.offsets.shape == (25, 3895, 3)
    np.testing.assert_allclose(take.offsets[-1], 0.1, atol=1e-6)
    with pytest.raises(UserError, match="no split"):
        dataset.sentences("test-c")


@pytest.fixture
def raw_biwi(tmp_path: Path) -> Path:
    """A square of two triangles said by every subject, as .vl frames."""
    square = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]], np.float32)
    (tmp_path / "rigid_scans").mkdir()
    lines = [f"v {x} {y} {z}" for x, y, z in square] + ["f 1/1 2/2 3/3", "f 1 3 4"]
    for subject in BIWI.styles:
        (tmp_path / f"rigid_scans/{subject}.obj").write_text("\n".join(lines), encoding="utf-8")
        folder = tmp_path / f"faces/{subject}/e37"
        folder.mkdir(parents=True)
        for frame in range(3):
            content = np.uint32(4).tobytes() + (square * (frame + 1)).tobytes()
            (folder / f"frame_{frame + 1:03d}.vl").write_bytes(content)
    return tmp_path


def test_raw_biwi_is_turned_centred_and_scaled(raw_biwi: Path) -> None:
    dataset = open_biwi(raw_biwi)
    (sentence, *_) = dataset.sentences("test")
    assert sentence.name == "F2_e37"
    np.testing.assert_allclose(dataset.offsets(sentence), 0, atol=1e-6)  # scale is normalised away
    points = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]], np.float32)
    expected = [[-0.5, 0.5, 0], [0.5, 0.5, 0], [0.5, -0.5, 0], [-0.5, -0.5, 0]]
    np.testing.assert_allclose(normalised(points, np.array([[0, 1, 2], [0, 2, 3]])), expected)


def test_damaged_vl_files_are_named(raw_biwi: Path) -> None:
    frame = raw_biwi / "faces/F2/e37/frame_002.vl"
    frame.write_bytes(frame.read_bytes()[:-4])
    with pytest.raises(UserError, match=r"frame_002\.vl is truncated"):
        read_vl(frame)
    frame.write_bytes(np.uint32(3).tobytes() + np.zeros(9, np.float32).tobytes())
    dataset = open_biwi(raw_biwi)
    with pytest.raises(UserError, match=r"frame_002\.vl has 3 vertices"):
        dataset.offsets(dataset.sentences("test")[0])


def test_motion_folder_pairs_sound_and_motion(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(2, 5023, 3)).astype(np.float32) * 1e-3
    for index in range(10):
        weights = np.full((30, 2), index / 10, np.float32)
        path = tmp_path / ("anna" if index % 2 else "ben") / f"line{index}.npz"
        path.parent.mkdir(exist_ok=True)
        Motion(30.0, ("a", "b"), basis, weights).save(path)
        soundfile.write(path.with_suffix(".flac"), np.zeros(16000), 16000)
    (tmp_path / "anna" / "alone.npz").write_bytes(b"no sound beside it")
    dataset = MotionFolder(tmp_path)
    assert [len(dataset.sentences(s)) for s in ("train", "val", "test")] == [8, 1, 1]
    assert dataset.styles == ("anna", "ben")
    take = dataset.recorded(dataset.sentences("test")[0])
    np.testing.assert_allclose(take.offsets, 0.8 * basis.sum(axis=0)[None].repeat(30, 0), atol=1e-6)
    assert len(take.samples) == 16000


def test_folders_of_a_recorder_that_writes_capitals(common_layout: Path) -> None:
    before = open_vocaset(common_layout)
    sentence = before.sentences("test")[0]
    wanted = before.recorded(sentence)
    _shout(common_layout)
    dataset = open_vocaset(common_layout)
    assert dataset.sentences("test") == before.sentences("test")
    found = dataset.recorded(sentence)
    np.testing.assert_array_equal(found.samples, wanted.samples)
    np.testing.assert_array_equal(found.offsets, wanted.offsets)


def test_raw_biwi_in_capitals(raw_biwi: Path) -> None:
    before = open_biwi(raw_biwi)
    wanted = before.offsets(before.sentences("test")[0])
    _shout(raw_biwi)
    dataset = open_biwi(raw_biwi)
    np.testing.assert_array_equal(dataset.offsets(dataset.sentences("test")[0]), wanted)


def test_motion_folder_in_capitals(tmp_path: Path) -> None:
    motion = Motion(30.0, ("a",), np.zeros((1, 5023, 3), np.float32), np.zeros((30, 1), np.float32))
    tone = np.sin(0.1 * np.arange(16000))
    for index in range(4):
        motion.save(tmp_path / f"ZOOM{index}.npz")
        soundfile.write(tmp_path / f"ZOOM{index}.wav", index / 9 * tone, 16000)
    _shout(tmp_path)
    dataset = MotionFolder(tmp_path)
    assert [sentence.name for sentence in dataset.sentences("train")] == ["ZOOM0", "ZOOM1"]
    samples, path = dataset.recording(dataset.sentences("train")[1])
    assert path.endswith("ZOOM1.WAV")
    np.testing.assert_allclose(samples, tone / 9, atol=1e-3)


def test_motion_folder_without_pairs_says_what_it_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"")
    (tmp_path / "b.mp4").write_bytes(b"")
    with pytest.raises(UserError, match=r"0 pairs .*\.npz and .*\.wav.*\.mp3; .*1 \.npz, 0 sounds"):
        MotionFolder(tmp_path)


def test_a_missing_sound_says_where_it_was_looked_for(common_layout: Path) -> None:
    dataset = open_vocaset(common_layout)
    sentence = dataset.sentences("test")[0]
    (common_layout / "wav" / f"{sentence.name}.wav").unlink()
    _expect(
        open_vocaset(common_layout), rf"wav has no {sentence.name}\.wav; it has \d+ \.wav files"
    )


def _shout(folder: Path) -> None:
    """Give every file but a pickle a suffix in capitals, and a companion as macOS leaves them."""
    for path in [path for path in folder.rglob("*") if path.suffix not in ("", ".pkl")]:
        path.rename(path.with_suffix(path.suffix.upper()))
        path.with_name(f"._{path.stem}{path.suffix.upper()}").write_bytes(b"\0\5\26\7")


def _expect(dataset: FaceDataset, message: str) -> None:
    with pytest.raises(UserError, match=message):
        dataset.recorded(dataset.sentences("test")[0])


def _replace(path: Path, content: object) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(pickle.dumps(content, 2))
