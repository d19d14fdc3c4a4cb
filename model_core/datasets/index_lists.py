"""Vertex index lists from files, since published figures depend on which list was used.

People have FLAME_masks.pkl (a pickle of {name: indices}), and text files such as lve.txt and
fdd.txt; none of them may be shipped here. A list is given as ``FILE`` or ``FILE:NAME+NAME``, where
the names are those of a pickle's masks.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UserError
from .pickles import read_pickle

Indices = NDArray[np.int64]

_SEPARATORS = re.compile(r"[\s,;\[\]()]+")


def read_indices(given: str, vertices: int, default_names: tuple[str, ...]) -> Indices:
    """Return the vertex indices (N,) of a list, repeats kept.

    Args:
        given: ``FILE`` or ``FILE:NAME+NAME``.
        vertices: V; every index must be below it.
        default_names: the masks to take from a pickle when none are named.

    Raises:
        UserError: the file is missing, damaged, lacks a mask, or does not fit the mesh.
    """
    path, names = _split(given, default_names)
    indices = _from_masks(path, names) if path.suffix.lower() == ".pkl" else _from_text(path)
    if len(indices) == 0:
        raise UserError(f"{path} lists no vertices.")
    if indices.min() < 0 or indices.max() >= vertices:
        raise UserError(
            f"{path} lists vertex {indices.max()}, but the mesh has {vertices}; "
            "it is for another topology."
        )
    return indices


def _split(given: str, default_names: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """Tell the file from the names, in spite of the colon of a Windows drive."""
    head, colon, tail = given.rpartition(":")
    if colon and head and not Path(given).exists() and not {"/", "\\"} & set(tail):
        return Path(head), tuple(tail.split("+"))
    return Path(given), default_names


def _from_masks(path: Path, names: tuple[str, ...]) -> Indices:
    masks = read_pickle(path)
    if not isinstance(masks, dict):
        raise UserError(f"{path} is not a dictionary of vertex masks.")
    missing = [name for name in names if not isinstance(masks.get(name), np.ndarray)]
    if missing:
        raise UserError(
            f"{path} has no mask {', '.join(missing)}; it has {', '.join(map(str, masks))}."
        )
    return np.concatenate([masks[name].astype(np.int64).ravel() for name in names])


def _from_text(path: Path) -> Indices:
    try:
        words = _SEPARATORS.split(path.read_text(encoding="utf-8").strip())
        return np.array([int(word) for word in words if word], np.int64)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not a list of whole numbers ({error}).") from error
