"""Reads pickles of plain values and numeric arrays, and refuses every other.

A pickle is a program: the names in it decide what runs. Research data (VOCASET's audio and
templates, FLAME's masks) comes as pickles, most of them written by Python 2 and NumPy 1. Here the
names that NumPy writes lead to stand-ins that only collect shape, type and bytes; anything else
ends the reading, and no constructor of NumPy's is ever called from the file.
"""

import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import UserError

_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")
_DTYPE_CODE = re.compile(r"(?:[iu][1248]|f[248]|b1)")


def read_pickle(path: str | os.PathLike[str]) -> Any:
    """Return the dicts, lists, tuples, text, numbers and numeric arrays that a pickle holds.

    Raises:
        UserError: the file is missing, truncated, damaged, or names anything else.
    """
    try:
        with Path(path).open("rb") as stream:
            return _plain(_PlainUnpickler(stream).load(), {})
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except UserError as error:
        raise UserError(f"{path} was not read: {error}") from None
    except Exception as error:  # a damaged pickle can raise any kind
        raise UserError(
            f"{path} is truncated or damaged ({type(error).__name__}); download it again."
        ) from error


class _PlainUnpickler(pickle.Unpickler):
    """Knows the names that NumPy writes, and gives a stand-in for each."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream, encoding="latin1")  # as Python 2's byte strings need

    def find_class(self, module: str, name: str) -> Any:
        stand_in = _STAND_INS.get((module, name))
        if stand_in is None:
            raise UserError(
                f"it asks for {module}.{name}, which plain data does not need; "
                "only load files whose origin you trust."
            )
        # Stand-ins are functions: a file can call them, not change what they are.
        return stand_in


class _DType:
    """A numeric type, of which the byte order arrives later."""

    def __init__(self, code: str) -> None:
        if not _DTYPE_CODE.fullmatch(code):
            raise UserError(f"it holds an array of type {code!r}, not of numbers.")
        self.code, self.order = code, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ("<", ">", "=", "|"):
            raise ValueError("byte order")
        self.order = state[1]

    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.code)


class _Array:
    """An array, of which shape, type and bytes arrive later."""

    value: np.ndarray

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, data = state
        self.value = _array(data, dtype, shape, "F" if fortran else "C")


def _array(data: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    if not isinstance(dtype, _DType):
        raise UserError("it holds an array of objects, not of numbers.")
    values = np.frombuffer(_bytes(data), dtype.numpy())
    native = values.dtype.newbyteorder("=")
    return values.reshape(shape, order="F" if order == "F" else "C").astype(native)


def _bytes(data: Any) -> bytes:
    return data.encode("latin1") if isinstance(data, str) else bytes(memoryview(data))


def _new_array(*_: Any) -> _Array:
    return _Array()


def _new_dtype(code: str, *_: Any) -> _DType:
    return _DType(code)


def _array_from_buffer(data: Any, dtype: Any, shape: Any, order: Any, *_: Any) -> _Array:
    array = _Array()
    array.value = _array(data, dtype, shape, order)
    return array


def _scalar(dtype: _DType, data: Any) -> int | float | bool:
    value: int | float | bool = np.frombuffer(_bytes(data), dtype.numpy())[0].item()
    return value


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise UserError(f"it encodes text as {encoding!r}, which plain data does not need.")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _never(*_: Any) -> None:
    raise UserError("it makes an array in a way that NumPy does not.")


_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "dtype"): _new_dtype,
    ("numpy", "ndarray"): _never,  # only ever an argument of _reconstruct
    ("_codecs", "encode"): _encode,  # how protocol 2 of Python 3 spells bytes
    ("__builtin__", "bytes"): _no_bytes,  # and empty ones
    **{(module, "_reconstruct"): _new_array for module in _MULTIARRAY},
    **{(module, "scalar"): _scalar for module in _MULTIARRAY},
    **{(module, "_frombuffer"): _array_from_buffer for module in _NUMERIC},
}


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """Return `value` with its stand-ins replaced; `seen` keeps shared parts shared."""
    if id(value) in seen:
        return seen[id(value)]
    result: Any
    if isinstance(value, _Array):
        result = value.value
    elif isinstance(value, dict):
        result = {_plain(key, seen): _plain(item, seen) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        result = type(value)(_plain(item, seen) for item in value)
    elif value is None or isinstance(value, str | bytes | int | float):
        result = value
    else:
        raise UserError(f"it holds a {type(value).__name__}, which plain data does not need.")
    seen[id(value)] = result
    return result
