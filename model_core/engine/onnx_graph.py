"""Networks computed by onnxruntime."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from ..base.arrays import Array
from ..base.errors import UserError

_ERRORS_ONLY = 3
_PROVIDERS = ["CPUExecutionProvider"]  # a build for a card would try that, and may not find it


class OnnxGraph:
    """A network in a file: arrays in, arrays out.

    Args:
        path: ONNX file whose weights lie beside it,
        weights: or are these, by the graph's names.
        threads: that compute it; onnxruntime's choice if 0.

    Attributes:
        inputs: names of what it takes, in order.

    Raises:
        UserError: the file or its weights are missing or damaged.
    """

    def __init__(
        self, path: Path, weights: Mapping[str, Array] | None = None, threads: int = 0
    ) -> None:
        if not path.is_file():
            raise UserError(
                f"The model has no {path.name} for onnxruntime; run `python -m model_core "
                "export-onnx` where torch is installed, or use a Python with torch."
            )
        try:
            options = _options()
            options.intra_op_num_threads = threads
            if weights:
                given = [onnxruntime.OrtValue.ortvalue_from_numpy(w) for w in weights.values()]
                options.add_external_initializers(list(weights), given)
            self._session = onnxruntime.InferenceSession(path, options, _PROVIDERS)
        except Exception as error:  # onnxruntime's exceptions have no common base but this
            raise UserError(f"{path} is damaged; get the model again.") from error
        self.inputs = [each.name for each in self._session.get_inputs()]

    @property
    def width(self) -> object:
        """Numbers a frame of the first output, by the file."""
        return self._session.get_outputs()[0].shape[-1]

    def __call__(self, *arrays: Array) -> Array:
        """Return the output for the inputs in the graph's order, of a network that has one."""
        output: Array = self.outputs(*arrays)[0]
        return output

    def outputs(self, *arrays: np.ndarray) -> list[Any]:
        """Return all outputs for the inputs in the graph's order."""
        values: list[Any] = self._session.run(None, dict(zip(self.inputs, arrays, strict=True)))
        return values


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.enable_cpu_mem_arena = False  # it keeps twice the most that was ever needed
    # Waiting threads must not spin: the cores belong to whoever started this.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options
