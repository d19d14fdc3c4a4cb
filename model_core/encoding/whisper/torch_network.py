"""The bundled encoder computed by torch."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ...base.arrays import Array
from ...base.errors import UserError
from ...base.in_order import in_order
from .blocked_layer import BlockedLayer
from .local_whisper import EncoderLayer, LocalWhisper
from .local_whisper_config import LocalWhisperConfig


class TorchEncoder:
    """A `LocalWhisper` on a device.

    Args:
        weights: safetensors file written by `import_whisper`.
        config: its sizes.
        device: torch's name of where to run.

    Attributes:
        threads: how many parts of a sound are best encoded at once.

    Raises:
        UserError: the weights are missing or are not those of this encoder.
    """

    def __init__(self, weights: Path, config: LocalWhisperConfig, device: str) -> None:
        self.model = load_local_whisper(weights, config).to(device)
        if device == "cpu":
            layers = cast(list[EncoderLayer], list(self.model.layers))
            self.model.layers = nn.ModuleList(BlockedLayer(layer) for layer in layers)
        self.device = device
        self.threads = torch.get_num_threads() if device == "cpu" else 1

    @torch.inference_mode()
    def __call__(self, mel: Array, keep: slice) -> Array:
        """Log-mel frames (80, 2 n) -> features (m, C), of the frames to keep."""
        features = self.model(torch.from_numpy(mel).to(self.device), keep)
        frames: Array = features.cpu().numpy()
        return frames

    def together(self, jobs: Sequence[Callable[[], Array]]) -> Iterator[Array]:
        """Yield the results of jobs in order; on the CPU each core works at one of its own.

        A product that cores share waits for the last of them, and sums in another order.
        """
        if self.device != "cpu" or self.threads == 1 or not jobs:
            yield from (job() for job in jobs)
            return
        try:
            yield from in_order(jobs, self.threads, lambda: torch.set_num_threads(1))
        finally:
            torch.set_num_threads(self.threads)  # of threads that are still to come


def load_local_whisper(path: Path, config: LocalWhisperConfig) -> LocalWhisper:
    """Return the encoder with half-precision weights from a file. Raises as `TorchEncoder`."""
    with torch.device("meta"):  # no numbers are drawn for weights that are replaced
        model = LocalWhisper(config).eval()
    try:
        stored = {name: value.float() for name, value in load_file(path).items()}
        model.load_state_dict(stored, assign=True)
    except FileNotFoundError:
        raise UserError(f"The speech encoder {path} is missing; install again.") from None
    except (SafetensorError, RuntimeError, OSError) as error:
        raise UserError(f"{path} is not the speech encoder's weights; install again.") from error
    return model
