"""JambaTalk's decoder computed by onnxruntime."""

from pathlib import Path

import numpy as np

from ...base.arrays import Array
from ...base.errors import UserError
from ...engine.onnx_graph import OnnxGraph
from .config import JambaTalkConfig
from .decoder import CarriedDecoder
from .step_shape import StepShape


class OnnxDecoder:
    """The decoder in a graph beside its weights, of steps or of whole clips.

    Args:
        path: of the graph.
        config: the decoder's.

    Raises:
        UserError: the graph or its weights are missing or damaged.
    """

    def __init__(self, path: Path, config: JambaTalkConfig) -> None:
        self._graph, self._width = OnnxGraph(path), config.drifts
        self._drifts = len(self._graph.inputs) > 2  # graphs of before there were takes do not
        steps = len(self._graph.inputs) > 3  # those of before there were steps take whole clips
        self._shape = StepShape.of(config) if steps else None

    def __call__(self, features: Array, style: Array, drift: Array | None = None) -> Array:
        """Features (n, C), a style mixture (styles,), a drift (n, drifts) -> outputs (n, K).

        Raises:
            UserError: there is a drift, and the graph knows none.
        """
        carried = self.begin(style)
        if carried is not None:
            return carried(features, drift, True)
        if not self._drifts and drift is None:
            return self._graph(features, style)
        if not self._drifts:
            raise UserError(
                "This model was exported before there were takes; run `python -m model_core "
                "export-onnx` on it where torch is installed, or make take 0."
            )
        still = np.zeros((len(features), self._width), np.float32)
        return self._graph(features, style, still if drift is None else drift)

    def begin(self, style: Array) -> CarriedDecoder | None:
        """Return what decodes a clip in a style mixture (styles,) block by block.

        None where the graph takes whole clips.
        """
        return None if self._shape is None else _Steps(self._graph, self._shape, style)


class _Steps:
    """The steps of one clip in one style."""

    def __init__(self, graph: OnnxGraph, shape: StepShape, style: Array) -> None:
        self._graph, self._shape, self._style = graph, shape, style
        self._state: list[np.ndarray] = shape.state()
        config = shape.config
        self._waiting = np.empty((0, config.inputs + config.drifts), np.float32)

    def __call__(self, features: Array, drift: Array | None, last: bool) -> Array:
        """As `CarriedDecoder`."""
        config, ahead = self._shape.config, self._shape.ahead
        still = np.zeros((len(features), config.drifts), np.float32)
        fresh = np.concatenate([features, still if drift is None else drift], axis=1)
        waiting = np.concatenate([self._waiting, fresh])
        ready = len(waiting) if last else max(0, len(waiting) - ahead) // config.fold * config.fold
        self._waiting = waiting[ready:]
        return self._step(waiting, ready) if ready else np.empty((0, self._outputs), np.float32)

    def _step(self, waiting: Array, ready: int) -> Array:
        """Return the outputs (ready, K) of the first frames of those that wait (n, C + drifts)."""
        config = self._shape.config
        whole = ready + -ready % config.fold  # of tokens
        known = waiting[: whole + self._shape.ahead]
        padded = np.pad(known, ((0, whole + self._shape.ahead - len(known)), (0, 0)))
        features, drift = (
            np.ascontiguousarray(part) for part in np.split(padded, [config.inputs], axis=1)
        )
        inside = np.array(len(known), np.int64)
        given: list[np.ndarray] = [features, self._style, drift, inside]
        outputs, *self._state = self._graph.outputs(*given, *self._state)
        frames: Array = outputs[:ready]
        return frames

    @property
    def _outputs(self) -> int:
        return self._shape.config.outputs + self._shape.config.tongue
