"""Curves come back from a file as they were; what is no file of curves is refused."""

from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.curve_file import load_curves, save_curves
from model_core.motion.curves import reduce_curves
from tests.speech_like import speech_like


def test_curves_come_back_as_they_were(tmp_path: Path) -> None:
    curves, error_mm = reduce_curves(speech_like(300), 0.1)
    save_curves(tmp_path / "curves.npz", curves, error_mm)
    loaded, loaded_error = load_curves(tmp_path / "curves.npz")
    assert list(loaded) == list(curves)
    assert loaded_error == error_mm
    at = np.arange(300)
    for name, curve in curves.items():
        assert np.array_equal(loaded[name].frames, curve.frames)
        assert np.array_equal(loaded[name].at(at), curve.at(at))


def test_no_curves_come_back_as_none(tmp_path: Path) -> None:
    save_curves(tmp_path / "curves.npz", {}, 0.0)
    assert load_curves(tmp_path / "curves.npz") == ({}, 0.0)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a zip", b"no zip at all"])
def test_what_holds_no_curves_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "curves.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="holds no curves"):
        load_curves(path)
