"""The bundled encoder computed by onnxruntime."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ...base.arrays import Array
from ...base.assets import ENCODER_GRAPH
from ...base.errors import UserError
from ...engine.onnx_graph import OnnxGraph


class OnnxEncoder:
    """The encoder in a graph.

    Args:
        weights: safetensors file beside the graph.
        channels: features a frame that are wanted, the graph's first ones.

    Attributes:
        threads: how many parts of a sound are best encoded at once.

    Raises:
        UserError: the graph or the weights are missing or damaged, or it tells too few features.
    """

    threads = 1

    def __init__(self, weights: Path, channels: int) -> None:
        self._channels = channels
        path = weights.with_name(ENCODER_GRAPH)
        self._graph = OnnxGraph(path)
        width = self._graph.width
        if isinstance(width, int) and width < channels:
            raise UserError(
                f"{path} tells {width} features a frame of the {channels} that the model hears; "
                "run `python -m model_core export-onnx` where torch is installed."
            )

    def __call__(self, mel: Array, keep: slice) -> Array:
        """Log-mel frames (80, 2 n) -> features (m, C), of the frames to keep."""
        return self._graph(mel)[keep, : self._channels]

    def together(self, jobs: Sequence[Callable[[], Array]]) -> Iterator[Array]:
        """Yield the results of jobs in order."""
        yield from (job() for job in jobs)
