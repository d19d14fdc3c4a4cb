"""The release's graph against recorded runs of it."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from model_core.base.errors import UserError
from model_core.cli.check_release import run
from model_core.models.release.fixture import load_fixture, stage_errors

from .release_files import small_decoder

Arrays = dict[str, np.ndarray]


def recorded(order: str, dim: int, heads: int) -> Arrays:
    """A fixture made by this package's own graph, for what does not need the release's."""
    decoder = small_decoder(order, dim, heads)
    features = torch.randn(2, 33, decoder.config.inputs)
    with torch.inference_mode():
        stages = dict(decoder.stages(features))
    return (
        {f"weight/{name}": value.numpy() for name, value in decoder.state_dict().items()}
        | {f"stage/{name}": value.numpy() for name, value in stages.items() if name != "output"}
        | {"input": features.numpy(), "output": stages["output"].numpy()}
        | {"order": np.array(order), "heads": np.array(heads)}
    )


def write(path: Path, arrays: Arrays) -> Namespace:
    np.savez(path, **arrays)
    return Namespace(fixture=path)


@pytest.mark.parametrize("name", ["release_vocaset_d64", "release_biwi_d96"])
def test_the_graph_is_the_releases(shared_dir: Path, name: str) -> None:
    path = shared_dir / "fixtures" / f"{name}.npz"
    errors = stage_errors(load_fixture(path))
    assert list(errors)[-1] == "output"
    assert len(errors) == len(load_fixture(path).order) + 2
    assert max(errors.values()) < 1e-5
    assert run(Namespace(fixture=path)) == 0


@pytest.mark.parametrize(
    ("order", "dim", "heads"), [("T", 32, 1), ("EMMT", 80, 10), ("MEM", 48, 3)]
)
def test_any_order_and_size_runs(
    tmp_path: Path, order: str, dim: int, heads: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(write(tmp_path / "f.npz", recorded(order, dim, heads))) == 0
    printed = capsys.readouterr().out
    assert all(f"{index}_{letter}" in printed for index, letter in enumerate(order))


def test_weights_are_shared_by_repeats_of_a_letter() -> None:
    parameters = sum(value.numel() for value in small_decoder("ME", 32, 2).parameters())
    assert sum(value.numel() for value in small_decoder("MEMEME", 32, 2).parameters()) == parameters


@pytest.mark.parametrize("name", ["stage/1_E", "output", "weight/mamba_moe.moe.gate.w_gating"])
@pytest.mark.parametrize("change", [0.01, np.nan])
def test_a_difference_is_told(tmp_path: Path, name: str, change: float) -> None:
    arrays = recorded("ME", 32, 2)
    arrays[name] = arrays[name].copy()
    arrays[name].flat[0] += change * np.abs(arrays[name]).max() * 100
    assert run(write(tmp_path / "f.npz", arrays)) == 1


@pytest.mark.parametrize(
    "missing", ["input", "output", "order", "heads", "weight/mamba.D", "weight/vertice_map_r.bias"]
)
def test_a_missing_part_is_named(tmp_path: Path, missing: str) -> None:
    arrays = recorded("ME", 32, 2)
    del arrays[missing]
    with pytest.raises(UserError, match=missing.removeprefix("weight/")):
        run(write(tmp_path / "f.npz", arrays))


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": np.array("MXE")},
        {"order": np.array("")},
        {"heads": np.array(5)},
        {"heads": np.array(0)},
        {"heads": np.array([1, 2])},
        {"input": np.zeros((33, 7), np.float32)},
        {"input": np.array("speech")},
        {"output": np.zeros((2, 33, 9), np.float32)},
        {"stage/7_M": np.zeros((2, 33, 32), np.float32)},
        {"weight/mamba.A_log": np.zeros(3, np.float32)},
        {"weight/mamba.D": np.zeros(3, np.float32)},
        {"weight/other": np.zeros(3, np.float32)},
        {"input": np.array([{}], dtype=object)},
    ],
)
def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path, wrong: Arrays) -> None:
    with pytest.raises(UserError):
        run(write(tmp_path / "f.npz", recorded("ME", 32, 2) | wrong))


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut", None])
def test_files_that_are_no_archive_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "f.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"f\.npz"):
        run(Namespace(fixture=path))


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_archive_is_refused(tmp_path: Path, share: float) -> None:
    path = write(tmp_path / "f.npz", recorded("ME", 32, 2)).fixture
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=r"f\.npz"):
        run(Namespace(fixture=path))


def test_an_array_file_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros(3))
    with pytest.raises(UserError, match=r"f\.npy"):
        run(Namespace(fixture=tmp_path / "f.npy"))
