"""Checkpoints: written whole, and refused when anything is wrong with them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from model_core.base.errors import UserError
from model_core.models.checkpoint import load_checkpoint, save_checkpoint, write_manifest
from model_core.models.predictor import Predictor


def test_saved_weights_come_back(tmp_path: Path) -> None:
    model = torch.nn.Linear(3, 2)
    save_checkpoint(tmp_path, {"kind": "other"}, model.state_dict(), card="# Card\n")
    again = torch.nn.Linear(3, 2)
    checkpoint = load_checkpoint(tmp_path)
    checkpoint.fill(again)
    assert torch.equal(model.weight, again.weight)
    assert checkpoint.config["kind"] == "other"


def test_halves_run_in_single_precision(tmp_path: Path) -> None:
    model = torch.nn.Linear(300, 200)
    whole = save_checkpoint(tmp_path / "a", {}, model.state_dict(), card="")
    half = save_checkpoint(tmp_path / "b", {}, model.state_dict(), card="", half=True)
    name = "model.safetensors"
    assert (half / name).stat().st_size < 0.55 * (whole / name).stat().st_size
    again = torch.nn.Linear(300, 200)
    load_checkpoint(half).fill(again)
    assert again.weight.dtype == torch.float32
    torch.testing.assert_close(again.weight, model.weight, atol=1e-4, rtol=0)
    assert torch.equal(again.bias, model.bias)


def _truncate(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def _flip(folder: Path) -> None:
    weights = folder / "encoder.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)


def _edit(name: str, **changes: object) -> Callable[[Path], None]:
    """Change a settings file and, as an honest author would, the manifest with it."""

    def edit(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        content.update(changes)
        (folder / name).write_text(json.dumps(content))
        if name == "config.json":
            write_manifest(folder)

    return edit


def _widen(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["decoder"]["d_model"] += 4
    _edit("config.json", decoder=config["decoder"])(folder)


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (_truncate, "damaged"),
    "one bit": (_flip, "damaged"),
    "missing file": (lambda folder: (folder / "model.safetensors").unlink(), "lacks"),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "no model"),
    "broken manifest": (
        lambda folder: (folder / "manifest.json").write_text("{"),
        "cannot be read",
    ),
    "empty manifest": (_edit("manifest.json", files={}), "does not list"),
    "outside": (
        _edit("manifest.json", files={"model.safetensors": {}, "config.json": {}, "../x": {}}),
        "model.safetensors is damaged",
    ),
    "newer": (_edit("config.json", format=99), "format 99"),
    "unknown kind": (_edit("config.json", kind="oracle"), "kind 'oracle'"),
    "other shape": (_widen, "do not fit"),
    "incomplete": (_edit("config.json", decoder={}), "not complete"),
    "styles": (_edit("config.json", styles=["neutral"]), "styles"),
    "unknown shape": (_edit("config.json", names=["noseGrow"] * 21), "no shape named"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_checkpoint_gets_one_sentence(
    checkpoint: Path, tmp_path: Path, kind: str
) -> None:
    damage, words = DAMAGE[kind]
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    damage(copy)
    with pytest.raises(UserError, match=words) as caught:
        Predictor.load(copy, "cpu")
    assert "\n" not in str(caught.value)


def test_a_file_outside_the_folder_is_not_read(checkpoint: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"]["../secret"] = {"size": 1, "sha256": ""}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="outside the model"):
        load_checkpoint(copy)


def test_an_absent_folder_and_device(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model"):
        Predictor.load(tmp_path / "none")
    with pytest.raises(UserError, match="Unknown device"):
        Predictor.load(tmp_path, device="abacus")
