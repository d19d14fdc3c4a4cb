"""The streaming network computed by torch."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ...base.arrays import Array
from ...base.errors import UserError
from ..checkpoint import WEIGHTS_FILE, Checkpoint
from .config import StreamingSettings
from .network import StreamingTalk

EARS = "ears."


class TorchSteps:
    """A `StreamingTalk` at the start of a sound.

    Args:
        model: with merged ears; not changed, so that many sounds may share it.
        device: where it is.
    """

    def __init__(self, model: StreamingTalk, device: str) -> None:
        self._model, self._device = model, device
        self._ears, self._decoder = model.init_ears(), model.init_decoder()

    @torch.inference_mode()
    def hear(self, mel: Array) -> Array:
        """Spectra (80, 2 n + 3) -> the ears' next frames (n, C)."""
        heard, self._ears = self._model.ears.advance(self._moved(mel), self._ears)
        frames: Array = heard[0].cpu().numpy()
        return frames

    @torch.inference_mode()
    def decode(self, features: Array, style: Array) -> Array:
        """The next tokens' features (n fold, C) -> (heads, n fold, K)."""
        inputs = self._moved(features), self._moved(style), self._decoder
        frames, self._decoder = self._model.decode(*inputs)
        outputs: Array = frames.cpu().numpy()
        return outputs

    def _moved(self, values: Array) -> Tensor:
        return torch.from_numpy(values)[None].to(self._device)


def load_streaming(
    checkpoint: Checkpoint, settings: StreamingSettings, encoder: Path
) -> StreamingTalk:
    """Return a checkpoint's network, ready to run. Raises as `fill`."""
    model = StreamingTalk(settings)
    fill(model, checkpoint, encoder)
    model.ears.merge()
    return model.eval()


def fill(model: StreamingTalk, checkpoint: Checkpoint, encoder: Path) -> None:
    """Give a network a checkpoint's weights; the matrices of its ears are those of a file.

    Raises:
        UserError: weights are missing or do not fit the settings.
    """
    try:
        stored = load_file(checkpoint.folder / WEIGHTS_FILE)
        shared = {f"{EARS}{name}": value for name, value in load_file(encoder).items()}
        frozen = {name: shared[name] for name in shared_names(model)}
        weights = {name: value.float() for name, value in {**stored, **frozen}.items()}
        model.load_state_dict(weights)
    except (SafetensorError, RuntimeError, OSError, KeyError) as error:
        raise UserError(
            f"The weights in {checkpoint.folder} do not fit its settings; get the model again."
        ) from error


def shared_names(model: StreamingTalk) -> list[str]:
    """Return the weights that are the bundled encoder's own: matrices and convolutions."""
    model.ears.freeze()
    return [name for name, value in model.named_parameters() if not value.requires_grad]
