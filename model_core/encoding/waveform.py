"""wav2vec 2.0, HuBERT and WavLM from transformers, for clips of any length.

Their convolutions hear 25 ms and give the same in blocks as over the whole clip, once the two
normalisations that span time use the clip's own statistics. Their Transformer attends to all it is
given, so it runs over long windows, cross-faded where both windows have context.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoModel, Wav2Vec2FeatureExtractor

from ..base.arrays import Array
from ..base.errors import UserError
from ..engine.choice import Runtime
from ..speech.audio import SAMPLE_RATE, Samples
from .speech_encoder import SpeechEncoder

_WINDOW = 3000  # frames of 20 ms that the Transformer sees at once
_OVERLAP = 600  # frames shared by neighbouring windows
_FADE = 200  # frames of the cross-fade, in the middle of the overlap
_BLOCK = 1 << 20  # samples a block when gathering statistics


class WaveformEncoder(SpeechEncoder):
    """The last hidden states of a frozen pretrained model.

    Args:
        source: folder or hub id of a model and its preprocessor settings.
        kind: the model type it must be.
        device: where to run.

    Raises:
        UserError: it cannot be found, downloaded or read, or is of another kind.
    """

    def __init__(self, source: str, kind: str, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.model, self.standardise = _load(source, kind)
        self.model.requires_grad_(False).eval().to(self.device)
        config = self.model.config
        self.channels = config.hidden_size
        self.hop = prod(config.conv_stride)
        self.field = _receptive_field(config.conv_kernel, config.conv_stride)
        self.rate = SAMPLE_RATE / self.hop
        self.delay = self.field / 2 / SAMPLE_RATE
        self.clip_norm = _use_clip_statistics(self.model.feature_extractor)

    @torch.inference_mode()
    def blocks(self, samples: Samples) -> Iterator[Array]:
        """Yield the features of samples (N,) as blocks (n, C)."""
        clip = self._standardised(np.pad(samples, (0, max(0, self.field - len(samples)))))
        if self.clip_norm is not None:
            self.clip_norm.measure(clip, self.device)
        frames = (len(clip) - self.field) // self.hop + 1
        tail: Array | None = None
        for first in range(0, max(1, frames - _OVERLAP), _WINDOW - _OVERLAP):
            last = min(first + _WINDOW, frames)
            window = self._run(clip[first * self.hop : (last - 1) * self.hop + self.field])
            if tail is not None:
                window[:_OVERLAP] = _cross_fade(tail, window[:_OVERLAP])
            keep = len(window) if last == frames else len(window) - _OVERLAP
            tail = window[keep:]
            yield window[:keep]

    def _standardised(self, samples: Samples) -> Samples:
        """Zero mean and unit variance over the clip, where the model was trained so."""
        if not self.standardise:
            return samples
        scale = np.sqrt(samples.var(dtype=np.float64) + 1e-7)
        return ((samples - samples.mean(dtype=np.float64)) / scale).astype(np.float32)

    def _run(self, samples: Samples) -> Array:
        """(N,) -> (n, C)."""
        waves = torch.from_numpy(samples)[None].to(self.device)  # (1, N)
        heard = self.model.feature_extractor(waves).transpose(1, 2)  # (1, n, channels)
        projected = self.model.feature_projection(heard)  # HuBERT's gives no second result
        hidden = projected[0] if isinstance(projected, tuple) else projected  # (1, n, C)
        features: Array = self.model.encoder(hidden).last_hidden_state[0].cpu().numpy()
        return features


def load(
    source: str, kind: str, _layers: int, _folder: Path | None, runtime: Runtime
) -> WaveformEncoder:
    """Return the encoder of a folder or hub id. Raises `UserError` where torch is missing too."""
    runtime.require_torch(f"The speech encoder {source}")
    return WaveformEncoder(source, kind, runtime.device)


class ClipNorm(nn.Module):
    """Group normalisation of the first convolution, by the statistics of a whole clip.

    A channel is a group. Statistics of each window would let one loud moment change all of it.
    """

    def __init__(self, convolution: nn.Conv1d, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.convolution, self.norm = convolution, norm
        self.mean = torch.zeros(norm.num_channels)
        self.variance = torch.ones(norm.num_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, n) -> (B, channels, n)."""
        scale = self.norm.weight * torch.rsqrt(self.variance + self.norm.eps)
        return (x - self.mean[:, None]) * scale[:, None] + self.norm.bias[:, None]

    def measure(self, samples: Samples, device: torch.device) -> None:
        """Take the mean and the variance of the convolution's output over a clip (N,)."""
        stride, kernel = self.convolution.stride[0], self.convolution.kernel_size[0]
        block = _BLOCK // stride * stride
        total = square = torch.zeros(self.norm.num_channels, dtype=torch.float64, device=device)
        count = 0
        for first in range(0, len(samples) - kernel + 1, block):
            piece = torch.from_numpy(samples[first : first + block + kernel - stride])
            output = self.convolution(piece.to(device)[None, None])[0]  # (channels, n)
            total = total + output.sum(dim=1, dtype=torch.float64)
            square = square + output.square().sum(dim=1, dtype=torch.float64)
            count += output.shape[1]
        self.mean = (total / count).float()
        self.variance = (square / count - (total / count) ** 2).clamp(min=0).float()


def _load(source: str, kind: str) -> tuple[Any, bool]:
    """Return the model, and whether it expects standardised samples."""
    try:
        model = AutoModel.from_pretrained(source, dtype=torch.float32)
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(source)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UserError(
            f"The speech encoder {source} cannot be loaded; give the folder of a {kind} model, "
            "or a hub id with the network on."
        ) from error
    if model.config.model_type != kind:
        raise UserError(f"{source} is a {model.config.model_type} model, not {kind}.")
    return model, extractor.do_normalize


def _use_clip_statistics(extractor: Any) -> ClipNorm | None:
    """Replace the group normalisation of a feature extractor, if it has one."""
    first = extractor.conv_layers[0]
    norm = getattr(first, "layer_norm", None)
    if not isinstance(norm, nn.GroupNorm):
        return None
    first.layer_norm = ClipNorm(first.conv, norm)
    return first.layer_norm


def _receptive_field(kernels: list[int], strides: list[int]) -> int:
    """Return how many samples one frame of stacked convolutions hears."""
    field = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        field = (field - 1) * stride + kernel
    return field


def _cross_fade(before: Array, after: Array) -> Array:
    """Blend two windows' features (overlap, C) of the same frames."""
    middle = np.arange(_OVERLAP) - (_OVERLAP - _FADE) / 2 + 0.5
    rising: NDArray[np.float32] = (middle / _FADE).clip(0, 1).astype(np.float32)[:, None]
    return before + rising * (after - before)
