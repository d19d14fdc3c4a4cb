"""The models that a worker keeps loaded are read anew when their folders change."""

import os
import shutil
from pathlib import Path

from model_core.base.assets import STREAMING_CHECKPOINT
from model_core.models.checkpoint import MANIFEST_FILE
from model_core.worker.task import LatestModels


def test_a_live_model_that_was_made_anew_is_read_again(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(STREAMING_CHECKPOINT, tmp_path / "copy"))
    latest = LatestModels().live
    before = latest.load(str(folder), "cpu")
    assert latest.load(str(folder), "cpu") is before
    os.utime(folder / MANIFEST_FILE, ns=(0, 0))
    assert latest.load(str(folder), "cpu") is not before


def test_the_live_model_that_ships_is_loaded_where_none_is_named() -> None:
    assert LatestModels().live.load(None, "cpu").face.styles[0] == "neutral"
