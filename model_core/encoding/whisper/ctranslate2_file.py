"""Reader of CTranslate2's model file, and the names its Whisper encoder's weights go by elsewhere.

Format (version 6): a header, then each variable as name, rank, shape, dtype and raw bytes; see
CTranslate2's model specification. Whisper's query, key and value projections are stored as one.
"""

import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Array
from ...base.errors import UserError

_DTYPES = ("f4", "i1", "i2", "i4", "f2")
_LAYER_NAMES = {
    "self_attention/layer_norm/gamma": "self_attn_layer_norm.weight",
    "self_attention/layer_norm/beta": "self_attn_layer_norm.bias",
    "self_attention/linear_1/weight": "self_attn.out_proj.weight",
    "self_attention/linear_1/bias": "self_attn.out_proj.bias",
    "ffn/layer_norm/gamma": "final_layer_norm.weight",
    "ffn/layer_norm/beta": "final_layer_norm.bias",
    "ffn/linear_0/weight": "fc1.weight",
    "ffn/linear_0/bias": "fc1.bias",
    "ffn/linear_1/weight": "fc2.weight",
    "ffn/linear_1/bias": "fc2.bias",
}
_TOP_NAMES = {
    "conv1/weight": "conv1.weight",
    "conv1/bias": "conv1.bias",
    "conv2/weight": "conv2.weight",
    "conv2/bias": "conv2.bias",
    "position_encodings/encodings": "embed_positions.weight",
    "layer_norm/gamma": "layer_norm.weight",
    "layer_norm/beta": "layer_norm.bias",
}


def read_whisper_encoder(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Return the encoder's weights of a Whisper model under transformers' WhisperEncoder names.

    Raises:
        UserError: the file is not a CTranslate2 Whisper model.
    """
    try:
        with Path(path).open("rb") as file:
            variables = _read_variables(file)
    except (OSError, struct.error, ValueError, IndexError) as error:
        raise UserError(f"{path} is not a CTranslate2 model file ({error}).") from error
    encoder = {
        name.removeprefix("encoder/"): value.astype(np.float32)
        for name, value in variables.items()
        if name.startswith("encoder/") and value.ndim
    }
    if not encoder:
        raise UserError(f"{path} holds no encoder; give a Whisper model.")
    weights: dict[str, Array] = {}
    for name, value in encoder.items():
        weights.update(_renamed(name, value))
    return weights


def _read_variables(file: BinaryIO) -> dict[str, NDArray[Any]]:
    version, _ = _unpack(file, "I")[0], _read_name(file)
    if version != 6:
        raise ValueError(f"version {version} instead of 6")
    _, count = _unpack(file, "II")
    return dict(_read_variable(file) for _ in range(count))


def _read_variable(file: BinaryIO) -> tuple[str, NDArray[Any]]:
    name = _read_name(file)
    (rank,) = _unpack(file, "B")
    shape = _unpack(file, f"{rank}I")
    dtype, size = _unpack(file, "B")[0], _unpack(file, "I")[0]
    return name, np.frombuffer(file.read(size), _DTYPES[dtype]).reshape(shape)


def _read_name(file: BinaryIO) -> str:
    (length,) = _unpack(file, "H")
    return file.read(length).rstrip(b"\0").decode()


def _unpack(file: BinaryIO, fields: str) -> tuple[int, ...]:
    layout = struct.Struct(f"<{fields}")
    return layout.unpack(file.read(layout.size))


def _renamed(name: str, value: Array) -> dict[str, Array]:
    """Return one variable under its name in transformers, split where that has three."""
    if name in _TOP_NAMES:
        return {_TOP_NAMES[name]: value}
    layer, part = name.removeprefix("layer_").split("/", 1)
    prefix = f"layers.{layer}."
    if part in _LAYER_NAMES:
        return {prefix + _LAYER_NAMES[part]: value}
    kind = part.rsplit("/", 1)[1]  # self_attention/linear_0: weight or bias
    query, key, content = np.split(value, 3)
    split = {"q_proj": query, "k_proj": key, "v_proj": content}
    if kind == "bias":
        del split["k_proj"]  # Whisper's keys have none: zeros here
    return {f"{prefix}self_attn.{projection}.{kind}": part for projection, part in split.items()}
