"""Recorded runs of the release's decoder: its weights, an input, and every stage's result."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from ...base.errors import UserError
from .decoder import ReleaseDecoder, ReleaseDecoderConfig


@dataclass(frozen=True)
class Fixture:
    """One recorded run."""

    weights: dict[str, Tensor]  # by the release's parameter names
    features: Tensor  # (B, T, inputs)
    stages: dict[str, Tensor]  # results by stage name, "output" among them
    order: str
    heads: int


def load_fixture(path: str | PathLike[str]) -> Fixture:
    """Read an ``.npz``: ``weight/...``, ``stage/...``, ``input``, ``output``, ``order``, ``heads``.

    Raises:
        UserError: the file is missing, is no such archive, or lacks a part.
    """
    arrays = _read_arrays(Path(path))
    try:
        stages = _section(arrays, "stage/") | {"output": _tensor(arrays["output"])}
        return Fixture(
            weights=_section(arrays, "weight/"),
            features=_tensor(arrays["input"]),
            stages=stages,
            order=str(arrays["order"]),
            heads=int(arrays["heads"]),
        )
    except KeyError as error:
        raise UserError(f"{path} is not a release fixture: {error} is missing.") from error
    except (TypeError, ValueError) as error:
        raise UserError(f"{path} is not a release fixture: {error}.") from error


def stage_errors(fixture: Fixture) -> dict[str, float]:
    """Worst error of every recorded stage, relative to the largest value recorded there.

    Raises:
        UserError: weights, input and recorded stages do not belong together.
    """
    decoder = ReleaseDecoder(ReleaseDecoderConfig.of(fixture.weights, fixture.order, fixture.heads))
    load_weights(decoder, fixture.weights)
    inputs = decoder.config.inputs
    if fixture.features.ndim != 3 or fixture.features.shape[-1] != inputs:
        raise UserError(f"The input must have shape (batch, frames, {inputs}).")
    with torch.inference_mode():
        computed = dict(decoder.eval().stages(fixture.features))
    for name, recorded in fixture.stages.items():
        if name not in computed or computed[name].shape != recorded.shape:
            raise UserError(f"Recorded stage {name!r} is not one of this model's, or misshapen.")
    return {
        name: _relative_error(value, fixture.stages[name])
        for name, value in computed.items()
        if name in fixture.stages
    }


def load_weights(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load exactly the parameters ``module`` has.

    Raises:
        UserError: one is missing, superfluous, or has another shape.
    """
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        detail = " ".join(str(error).split())
        raise UserError(f"The weights do not fit the release's model: {detail}") from error


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (ValueError, TypeError, EOFError, MemoryError, zlib.error, BadZipFile) as error:
        raise UserError(f"{path} is not an .npz archive of plain arrays.") from error


def _section(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): _tensor(value)
        for name, value in arrays.items()
        if name.startswith(prefix)
    }


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _relative_error(value: Tensor, reference: Tensor) -> float:
    scale = reference.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
    return float((value - reference).abs().max() / scale)
