"""The streaming network computed by onnxruntime."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...base.arrays import Array
from ...base.assets import BUNDLED_ENCODER
from ...base.errors import UserError
from ...encoding.whisper.local_whisper_config import LocalWhisperConfig
from ...engine.onnx_graph import OnnxGraph
from ..checkpoint import DECODER_GRAPH, EARS_GRAPH, WEIGHTS_FILE, Checkpoint
from ..jambatalk.config import ARRANGEMENTS
from .config import StreamingSettings
from .graphs import DECODER_PREFIX, EARS_PREFIX

_EARS = "ears."  # of the network's own names
_UP, _DOWN, _WEIGHT = ".up", ".down", ".weight"
_TYPES: Mapping[str, Any] = {"F16": np.float16, "F32": np.float32}


class Graphs(NamedTuple):
    """Both networks, shared by the sounds that are heard."""

    ears: OnnxGraph
    decoder: OnnxGraph


class OnnxSteps:
    """The networks at the start of a sound.

    Args:
        graphs: that compute.
        settings: of the model.
    """

    def __init__(self, graphs: Graphs, settings: StreamingSettings) -> None:
        self._graphs = graphs
        self._ears: list[np.ndarray] = _first_ears()
        self._decoder: list[np.ndarray] = _first_decoder(settings)

    def hear(self, mel: Array) -> Array:
        """Spectra (80, 2 n + 3) -> the ears' next frames (n, C)."""
        features, *self._ears = self._graphs.ears.outputs(mel, *self._ears)
        heard: Array = features
        return heard

    def decode(self, features: Array, style: Array) -> Array:
        """The next tokens' features (n fold, C) -> (heads, n fold, K)."""
        frames, *self._decoder = self._graphs.decoder.outputs(features, style, *self._decoder)
        outputs: Array = frames
        return outputs


def load_graphs(checkpoint: Checkpoint) -> Graphs:
    """Return the networks of a checkpoint with its weights and those of the bundled encoder.

    Raises:
        UserError: graphs or weights are missing or damaged.
    """
    own = _stored(checkpoint.folder / WEIGHTS_FILE)
    ears = {n.removeprefix(_EARS): value for n, value in own.items() if n.startswith(_EARS)}
    merged = _merged({**_stored(BUNDLED_ENCODER), **ears})
    decoder = {name: value for name, value in own.items() if not name.startswith(_EARS)}
    return Graphs(
        _graph(checkpoint.folder / EARS_GRAPH, EARS_PREFIX, merged),
        _graph(checkpoint.folder / DECODER_GRAPH, DECODER_PREFIX, decoder),
    )


def _graph(path: Path, prefix: str, weights: Mapping[str, Array]) -> OnnxGraph:
    """Return a network on one thread: a frame's products are too small to be shared."""
    return OnnxGraph(path, {prefix + name: value for name, value in weights.items()}, threads=1)


def _merged(ears: dict[str, Array]) -> dict[str, Array]:
    """Return the ears' weights with each matrix's change of low rank added to it."""
    for name in [name for name in ears if name.endswith(_UP)]:
        layer = name.removesuffix(_UP)
        ears[layer + _WEIGHT] += ears.pop(name) @ ears.pop(layer + _DOWN)
    return ears


def _stored(path: Path) -> dict[str, Array]:
    """Read a safetensors file without its library, which this engine does not need otherwise.

    It is a 64-bit little-endian length, a JSON header of that length with each tensor's dtype,
    shape and span from the header's end, and the tensors' bytes.
    """
    try:
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        header.pop("__metadata__", None)
        return {name: _tensor(content, 8 + length, entry) for name, entry in header.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is missing or damaged; get the model again.") from error


def _tensor(content: bytes, start: int, entry: Mapping[str, Any]) -> Array:
    first, end = entry["data_offsets"]
    values = np.frombuffer(content[start + first : start + end], _TYPES[entry["dtype"]])
    plain: Array = values.reshape(entry["shape"]).astype(np.float32)
    return plain


def _first_ears() -> list[np.ndarray]:
    """The ears' state before the first frame, as `CausalWhisper.init_state`."""
    config = LocalWhisperConfig()
    cache = np.zeros((1, config.layers, 2, config.reach, config.dim), np.float32)
    return [cache, np.array(0, np.int64)]


def _first_decoder(settings: StreamingSettings) -> list[np.ndarray]:
    """The decoder's state before the first token, as `StreamingTalk.init_decoder`."""
    config = settings.decoder
    inner = config.expand * config.d_model
    mambas = sum(kind != "T" for kind in ARRANGEMENTS[config.arrangement])
    cached = (1, 2, config.kv_heads, config.window or 0, config.d_model // config.heads)
    shapes = (1, mambas, config.d_conv - 1, inner), (1, mambas, inner, config.d_state), cached
    tail = np.zeros((1, max(settings.delays), config.d_model), np.float32)
    return [*(np.zeros(shape, np.float32) for shape in shapes), np.array(0, np.int64), tail]
