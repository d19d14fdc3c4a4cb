"""Folders of recordings with tracked lips: what is read, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_core.base.errors import UserError
from model_core.datasets.tracked import read_tracked

FRAMES = 20


def write_speaker(folder: Path, **changes: Any) -> Path:
    """A speaker of two clips: what is opened grows by a tenth of a mm a frame."""
    lips = np.zeros((2, FRAMES, 3))
    lips[..., 0] = 0.1 * np.arange(FRAMES) + np.array([[0.0], [5.0]])
    lips[..., 1], lips[..., 2] = 0.5, 99.0
    arrays: dict[str, Any] = {
        "fps": 25.0,
        "clip": np.array(["a", "b"]),
        "lips": lips,
        "lips_names": np.array(["inner_open/mm", "width/io", "nose-chin/io"]),
    }
    (folder / "audio").mkdir(parents=True)
    for name in ("a", "b"):
        soundfile.write(folder / "audio" / f"{name}.flac", np.zeros(16000), 16000)
    given = {name: value for name, value in {**arrays, **changes}.items() if value is not None}
    np.savez(folder / "tracks.npz", **given)
    return folder


def test_a_speaker_is_read_in_millimetres(tmp_path: Path) -> None:
    first, second = read_tracked(write_speaker(tmp_path / "ann"))
    assert (first.speaker, first.name, first.fps) == ("ann", "a", 25.0)
    np.testing.assert_allclose(first.lips[:, 0], 0.1 * np.arange(FRAMES))
    np.testing.assert_allclose(second.lips[:, 0], 5.0 + 0.1 * np.arange(FRAMES))
    np.testing.assert_allclose(first.lips[:, 1], 45.0)  # half of 90 mm
    assert np.isnan(first.lips[:, 2]).all()  # no outer height was measured
    assert len(first.samples()) == 16000


def test_frames_that_were_not_seen_are_nan_and_the_end_is_cut(tmp_path: Path) -> None:
    ok = np.ones((2, FRAMES), bool)
    ok[0, 3], ok[1, 15:] = False, False
    lips = np.ones((2, FRAMES, 1))
    lips[0, 18:] = np.nan
    names = np.array(["inner_open/mm"])
    first, second = read_tracked(
        write_speaker(tmp_path / "ann", ok=ok, lips=lips, lips_names=names)
    )
    assert np.flatnonzero(np.isnan(first.lips[:, 0])).tolist() == [3]
    assert (len(first.lips), len(second.lips)) == (18, 15)


def test_folders_of_speakers_come_in_order(tmp_path: Path) -> None:
    for name in ("eve", "bob"):
        write_speaker(tmp_path / name)
    (tmp_path / "notes").mkdir()
    assert [(c.speaker, c.name) for c in read_tracked(tmp_path)] == [
        ("bob", "a"),
        ("bob", "b"),
        ("eve", "a"),
        ("eve", "b"),
    ]


def lose_recording(folder: Path) -> None:
    (folder / "audio" / "b.flac").unlink()


def spoil(folder: Path) -> None:
    (folder / "tracks.npz").write_bytes(b"PK\x03\x04 no archive")


@pytest.mark.parametrize(
    ("changes", "then", "says"),
    [
        ({"lips": None}, None, "not complete"),
        ({"fps": None}, None, "not complete"),
        ({"fps": 0.0}, None, "frames a second"),
        ({"fps": np.nan}, None, "frames a second"),
        ({"clip": np.array(["a", "a"])}, None, "1 different clips for 2"),
        ({"clip": np.array(["a", "b", "c"])}, None, "3 different clips for 2"),
        ({"clip": np.array(["a", "../b"])}, None, "not a file's name"),
        ({"clip": np.array(["a", {}], object)}, None, "not a file of tracks"),
        ({"lips_names": np.array(["inner_open/mm"])}, None, "measures named"),
        ({"lips_names": np.array(["inner_open/px", "width/io", "x/io"])}, None, "'px'"),
        ({"lips_names": np.array(["jaw/mm", "width/io", "x/io"])}, None, "no inner_open"),
        ({"ok": np.ones(3, bool)}, None, "not complete"),
        ({}, lose_recording, "lacks the recording of clip 'b'"),
        ({}, spoil, "not a file of tracks"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], then: Callable[[Path], None] | None, says: str
) -> None:
    folder = write_speaker(tmp_path / "ann", **changes)
    if then is not None:
        then(folder)
    with pytest.raises(UserError, match=says):
        read_tracked(tmp_path)


def test_a_folder_without_tracks_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match=r"neither it nor a folder in it holds tracks\.npz"):
            read_tracked(folder)


@pytest.mark.shared
def test_grid_is_read(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "grid_more"
    if not folder.is_dir():
        pytest.skip("needs GRID's tracked recordings")
    clips = read_tracked(folder)
    assert len(clips) == 173
    assert len({clip.speaker for clip in clips}) == 11
    seen = np.concatenate([clip.lips for clip in clips])
    low, high = np.nanpercentile(seen, [1, 99], axis=0)
    assert (low > [-1, 30, 10]).all()
    assert (high < [25, 70, 45]).all()
