"""JambaTalk's decoder computed by onnxruntime."""

from pathlib import Path

import numpy as np

from ...base.arrays import Array
from ...base.errors import UserError
from ...engine.onnx_graph import OnnxGraph


class OnnxDecoder:
    """The decoder in a graph beside its weights.

    Args:
        path: of the graph.
        drifts: numbers a frame that make a take.

    Raises:
        UserError: the graph or its weights are missing or damaged.
    """

    def __init__(self, path: Path, drifts: int) -> None:
        self._graph, self._width = OnnxGraph(path), drifts
        self._drifts = len(self._graph.inputs) > 2  # graphs of before there were takes do not

    def __call__(self, features: Array, style: Array, drift: Array | None = None) -> Array:
        """Features (n, C), a style mixture (styles,), a drift (n, drifts) -> outputs (n, K).

        Raises:
            UserError: there is a drift, and the graph knows none.
        """
        if not self._drifts and drift is None:
            return self._graph(features, style)
        if not self._drifts:
            raise UserError(
                "This model was exported before there were takes; run `python -m model_core "
                "export-onnx` on it where torch is installed, or make take 0."
            )
        still = np.zeros((len(features), self._width), np.float32)
        return self._graph(features, style, still if drift is None else drift)

    def begin(self, _style: Array) -> None:
        """Return nothing: the graph takes whole windows."""
