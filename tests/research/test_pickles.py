"""The pickle reader takes plain data of every protocol and nothing else."""

import collections
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_core.base.errors import UserError
from model_core.datasets.pickles import read_pickle

DATA = {
    "big endian": np.arange(6, dtype=">f4").reshape(2, 3),
    "column major": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "empty": np.zeros((0, 3)),
    "flags": np.array([True, False]),
    "rate": np.int64(22000),
    "nested": {"list": [1, (2.5, "text"), None, b"bytes"]},
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_is_read_as_written(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "data.pkl"
    path.write_bytes(pickle.dumps(DATA, protocol))
    found = read_pickle(path)
    assert list(found) == list(DATA)
    assert found["nested"] == DATA["nested"]
    assert found["rate"] == 22000
    for key in ("big endian", "column major", "empty", "flags"):
        np.testing.assert_array_equal(found[key], DATA[key])
        assert found[key].dtype.isnative


def test_python_2_pickles_of_numpy_1_are_read(tmp_path: Path) -> None:
    # What Python 2's cPickle writes for {'subject': numpy.array([[1., 2., 3.]], 'f4')}.
    values = np.array([1, 2, 3], "<f4").tobytes()
    content = (
        b"\x80\x02}q\x01U\x07subjectq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n"
        b"q\x04K\x00\x85U\x01b\x87Rq\x05(K\x01K\x01K\x03\x86cnumpy\ndtype\nq\x06U\x02f4K\x00K\x01\x87R"
        b"q\x07(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x0c" + values + b"tbs."
    )
    path = tmp_path / "old.pkl"
    path.write_bytes(content)
    np.testing.assert_array_equal(read_pickle(path)["subject"], [[1, 2, 3]])


class _Runs:
    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call, self.arguments


@pytest.mark.parametrize(
    "payload",
    [
        _Runs(os.system, "touch pwned"),
        _Runs(subprocess.getoutput, "touch pwned"),
        _Runs(eval, "open('pwned', 'w')"),
        _Runs(getattr, "text", "upper"),
        {"subject": [_Runs(exec, "open('pwned', 'w')")]},
        np.array([_Runs(os.system, "touch pwned")], dtype=object),
        np.array(["text"]),
        np.zeros(2, dtype=[("x", "f4")]),
        collections.OrderedDict(a=1),
        {1, 2},
        Path("x"),
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_anything_else_is_refused_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, payload: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path = tmp_path / f"bad{protocol}.pkl"
        path.write_bytes(pickle.dumps(payload, protocol))
        with pytest.raises(UserError, match=rf"bad{protocol}\.pkl"):
            read_pickle(path)
    assert not (tmp_path / "pwned").exists()


def test_a_stand_in_cannot_be_changed_by_a_file(tmp_path: Path) -> None:
    # BUILD with a dict on a global would set attributes of what the global leads to.
    content = b"cnumpy\ndtype\n}(U\x04codeU\x03x;xub."
    path = tmp_path / "build.pkl"
    path.write_bytes(content)
    with pytest.raises(UserError):
        read_pickle(path)
    good = tmp_path / "good.pkl"
    good.write_bytes(pickle.dumps(np.arange(3)))
    np.testing.assert_array_equal(read_pickle(good), [0, 1, 2])


def test_shared_parts_do_not_multiply(tmp_path: Path) -> None:
    value: list[Any] = []
    for _ in range(64):  # 2**64 lists, were each reference a copy
        value = [value, value]
    path = tmp_path / "laughs.pkl"
    path.write_bytes(pickle.dumps(value))
    assert len(read_pickle(path)) == 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cut=st.floats(0, 1, exclude_max=True), flip=st.integers(0, 255))
def test_truncated_and_garbled_files_are_named(tmp_path: Path, cut: float, flip: int) -> None:
    whole = pickle.dumps({"subject": np.arange(50.0)}, 2)
    path = tmp_path / "cut.pkl"
    path.write_bytes(whole[: int(cut * len(whole))])
    with pytest.raises(UserError, match=r"cut\.pkl"):
        read_pickle(path)
    garbled = bytearray(whole)
    garbled[int(cut * len(whole))] ^= flip
    path.write_bytes(garbled)
    try:
        read_pickle(path)  # a changed number is still a number
    except UserError as error:
        assert "cut.pkl" in str(error)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pkl"):
        read_pickle(tmp_path / "nowhere.pkl")
