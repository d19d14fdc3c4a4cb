"""Outputs appear whole or not at all, on file systems that refuse this or that."""

import errno
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

from model_core.base.errors import UserError
from model_core.base.files import (
    atomic_folder,
    atomic_path,
    discard_partial,
    files_by_stem,
    find_files,
)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def write(path: Path, text: str = "result") -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def refuse(*_arguments: object, **_options: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_folder_that_refuses_chmod_keeps_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "chmod", refuse)  # as WSL, SMB and FUSE do
    write(tmp_path / "m.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]


@POSIX
def test_a_result_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "m.npz")
    finally:
        os.umask(before)
    assert (tmp_path / "m.npz").stat().st_mode & 0o777 == 0o640


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "m.npz", "old")
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "m.npz") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@POSIX
def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "m.npz"
    link.symlink_to(tmp_path / "disk" / "m.npz")
    for text in ("first", "second"):  # the link dangles at first
        write(link, text)
        assert link.is_symlink()
        assert (tmp_path / "disk" / "m.npz").read_text() == text


@POSIX
def test_a_pipe_gets_the_bytes_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write(pipe)
    reader.join(10)
    assert heard == [b"result"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("stem", ["x" * 247, "台" * 82, "x" * 40 + ".y" * 100])
def test_names_as_long_as_a_file_system_takes(tmp_path: Path, stem: str) -> None:
    target = tmp_path / f"{stem}.npz"
    with atomic_path(target) as temporary:
        assert temporary.suffix == ".npz"
        temporary.touch()
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"it is a folder; name a file\.$"):
        write(tmp_path)


@POSIX
def test_a_write_protected_file_is_left_alone(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write to anything")
    target = tmp_path / "m.npz"
    write(target, "old")
    target.chmod(0o444)
    with pytest.raises(UserError, match="write-protected"):
        write(target)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_refused_rename_becomes_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "m.npz"  # as a file that is mounted into a container
    target.write_text("old")
    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    write(target)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["result"]


def test_a_file_that_cannot_be_replaced_at_all_costs_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "m.npz"  # as one that another program holds open on Windows
    target.write_text("old")
    monkeypatch.setattr(os, "replace", refuse)
    plain = Path.open

    def held(path: Path, mode: str = "r", *rest: object, **options: object) -> object:
        if path == target and "w" in mode:
            refuse()
        return plain(path, mode, *rest, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", held)
    with pytest.raises(UserError, match="the result is kept in") as caught:
        write(target)
    kept = next(path for path in tmp_path.iterdir() if path != target)
    assert str(kept) in str(caught.value)
    assert (kept.read_text(), target.read_text()) == ("result", "old")


@pytest.mark.parametrize("stem", ["last", "take [1]", "台" * 80])
def test_what_a_killed_process_left_is_found(tmp_path: Path, stem: str) -> None:
    target = tmp_path / f"{stem}.pt"
    with atomic_path(target) as temporary:
        random = temporary.stem.rpartition("-")[2]
        temporary.with_name(temporary.name.replace(random, "0123abcd")).touch()
    others = [tmp_path / ".take 1-00000000.pt", tmp_path / ".last-2-00000000.pt"]
    for other in others:
        other.touch()
    discard_partial(target)
    assert sorted(tmp_path.iterdir()) == sorted([target, *others])


def test_what_was_killed_while_a_temporary_was_written_by_another_is_found(tmp_path: Path) -> None:
    target = tmp_path / "12.npz"
    with atomic_path(target) as temporary, atomic_path(temporary) as inner:
        left = inner.with_name(inner.name.replace(inner.stem[-8:], "0123abcd"))
        left.touch()
    discard_partial(target)
    assert list(tmp_path.iterdir()) == [target]


def fill(folder: Path, text: str) -> None:
    with atomic_folder(folder) as made:
        assert list(made.iterdir()) == []
        (made / "a.txt").write_text(text, encoding="utf-8")


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "checkpoint"
    fill(folder, "old")
    with pytest.raises(ZeroDivisionError), atomic_folder(folder) as made:
        (made / "a.txt").write_text(str(1 / 0), encoding="utf-8")
    assert (folder / "a.txt").read_text(encoding="utf-8") == "old"
    fill(folder, "new")
    assert (folder / "a.txt").read_text(encoding="utf-8") == "new"
    assert list(folder.parent.iterdir()) == [folder]


def test_what_cannot_be_read_is_no_failure_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    fill(folder, "old")
    with pytest.raises(FileNotFoundError), atomic_folder(folder) as made:
        shutil.copy(tmp_path / "gone.txt", made / "a.txt")
    for error in (OSError(errno.ENOSPC, "No space left"), OSError(errno.EIO, "Broken", "PARTIAL")):
        with pytest.raises(UserError, match="Cannot write"), atomic_folder(folder) as made:
            if error.filename:
                error.filename = str(made / "a.txt")
            raise error
    assert (folder / "a.txt").read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_is_not_put_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "made").write_text("mine")
    with (
        pytest.raises(UserError, match="it is a file; name a folder"),
        atomic_folder(tmp_path / "made"),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert (tmp_path / "made").read_text() == "mine"


def test_a_folder_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rename = tmp_path / "checkpoint", Path.rename
    fill(folder, "old")

    def held_open(path: Path, target: Path) -> Path:
        return refuse() if path.name.endswith("-partial") else rename(path, target)  # type: ignore[func-returns-value]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", held_open)
        with pytest.raises(UserError, match="close what uses it"):
            fill(folder, "new")
    assert (folder / "a.txt").read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_whose_replacement_was_killed_is_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    fill(folder, "old")
    folder.rename(tmp_path / ".checkpoint-replaced")  # killed between two renames
    (tmp_path / ".checkpoint-partial").mkdir()
    with pytest.raises(ZeroDivisionError), atomic_folder(folder):
        assert (folder / "a.txt").read_text(encoding="utf-8") == "old"
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == [folder]


def test_files_by_suffix_whatever_its_case(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "folder.wav").mkdir()
    names = ("b.WAV", "a.wav", "c.Flac", "._a.wav", ".d.wav", "e.wav.bak", "wav", "sub/f.wAv")
    for name in (*names, ".hidden/g.wav"):
        (tmp_path / name).write_bytes(b"")
    found = find_files(tmp_path, ".wav", ".flac")
    assert [path.name for path in found] == ["a.wav", "b.WAV", "c.Flac"]
    nested = find_files(tmp_path, ".wav", nested=True)
    assert [path.relative_to(tmp_path).as_posix() for path in nested] == [
        "a.wav",
        "b.WAV",
        "sub/f.wAv",
    ]
    assert find_files(tmp_path / "nowhere", ".wav") == []


def test_of_files_of_one_stem_the_first_suffix_is_taken(tmp_path: Path) -> None:
    for name in ("a.mp3", "a.wav", "b.mp3", "c.d.WAV"):
        (tmp_path / name).write_bytes(b"")
    found = files_by_stem(tmp_path, ".wav", ".mp3")
    assert {stem: path.name for stem, path in found.items()} == {
        "a": "a.wav",
        "b": "b.mp3",
        "c.d": "c.d.WAV",
    }


def test_a_folder_inside_a_hidden_one_is_searched(tmp_path: Path) -> None:
    """As a cache's is: only what is hidden within the folder is left out."""
    folder = tmp_path / ".cache" / "data"
    folder.mkdir(parents=True)
    (folder / "a.wav").write_bytes(b"")
    assert len(find_files(folder, ".wav", nested=True)) == 1
