"""Index lists as people have them: FLAME_masks.pkl, lve.txt, fdd.txt."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.datasets.index_lists import read_indices


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    path = tmp_path / "FLAME_masks.pkl"
    content = {"lips": np.array([5, 6, 6]), "nose": np.array([1]), "forehead": np.array([2, 3])}
    path.write_bytes(pickle.dumps(content, 2))
    return path


def test_masks_are_taken_by_name(masks: Path) -> None:
    assert read_indices(str(masks), 10, ("lips",)).tolist() == [5, 6, 6]
    assert read_indices(f"{masks}:forehead+nose", 10, ("lips",)).tolist() == [2, 3, 1]


@pytest.mark.parametrize("text", ["1, 2,3\n4", "[1 2 3 4]", "1\n2\n3\n4\n", "1;2;3;4"])
def test_text_in_any_common_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lve.txt"
    path.write_text(text, encoding="utf-8")
    assert read_indices(str(path), 5, ()).tolist() == [1, 2, 3, 4]


def test_lists_that_do_not_fit_are_named(masks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"FLAME_masks\.pkl has no mask beard"):
        read_indices(f"{masks}:beard", 10, ("lips",))
    with pytest.raises(UserError, match="another topology"):
        read_indices(str(masks), 6, ("lips",))
    for name, text in {"words.txt": "one two", "empty.txt": "", "minus.txt": "-1"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=name):
            read_indices(str(tmp_path / name), 10, ())
    with pytest.raises(UserError, match=r"absent\.txt"):
        read_indices(str(tmp_path / "absent.txt"), 10, ())
