"""The networks of takes by diffusion computed by onnxruntime."""

from pathlib import Path

import numpy as np

from ...base.arrays import Array
from ...engine.onnx_graph import OnnxGraph
from ..checkpoint import DECODER_GRAPH, DENOISER_GRAPH, SPACE_GRAPH


class OnnxNetworks:
    """The networks in graphs beside their weights.

    Raises:
        UserError: a graph or the weights are missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        names = (DECODER_GRAPH, DENOISER_GRAPH, SPACE_GRAPH)
        self._plain, self._denoise, self._decode = (OnnxGraph(folder / name) for name in names)

    def plain(self, features: Array, style: Array) -> Array:
        """As of `Networks`."""
        return self._plain(features, style)

    def denoise(self, x: Array, step: int, tokens: Array, style: Array) -> Array:
        """As of `Networks`."""
        clean: Array = self._denoise.outputs(x, np.array([step], np.int64), tokens, style)[0]
        return clean

    def decode(self, latents: Array) -> Array:
        """As of `Networks`."""
        return self._decode(latents)
