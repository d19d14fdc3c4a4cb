"""The networks of a MambaTalk computed by onnxruntime."""

from pathlib import Path

from ...base.arrays import Array
from ...engine.onnx_graph import OnnxGraph
from ..checkpoint import DECODER_GRAPH, SPACE_GRAPH
from .networks import LIVING, Codes, Guess, Hidden
from .parts import PARTS


class OnnxNetworks:
    """The networks in graphs beside their weights.

    Raises:
        UserError: a graph or the weights are missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._guess, self._decode = (OnnxGraph(folder / it) for it in (DECODER_GRAPH, SPACE_GRAPH))

    def guess(self, heard: Array, style: Array, codes: Codes, hidden: Hidden) -> Guess:
        """As of `Networks`."""
        known = [*(codes[part] for part in PARTS), *(hidden[part] for part in PARTS)]
        mouth, *logits = self._guess.outputs(heard, style, *known)
        return Guess(mouth, dict(zip(LIVING, logits, strict=True)))

    def decode(self, codes: Codes) -> dict[str, Array]:
        """As of `Networks`."""
        made = self._decode.outputs(*(codes[part] for part in PARTS))
        return dict(zip(PARTS, made, strict=True))
