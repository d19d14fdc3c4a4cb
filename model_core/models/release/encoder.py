"""The release's speech encoder: wav2vec 2.0 with its frames brought to the face's frame rate.

The features of the convolutional extractor are interpolated before the feature projection
(VOCASET, 30 frames a second), or the last hidden states are joined in pairs (BIWI, 25).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2Model

from ...base.errors import UserError

STRIDES = (5, 2, 2, 2, 2, 2, 2)  # of every published wav2vec 2.0
RATE = 50  # frames a second that they give
_BLOCK = 1500  # frames the extractor hears at once
_WINDOW = 1500  # frames the Transformer sees at once, in clips longer than this
_OVERLAP = 150  # frames over which neighbouring windows are blended
_HEAD_DIM = 64  # of every published wav2vec 2.0


@dataclass(frozen=True, kw_only=True)
class ReleaseEncoderConfig:
    """Sizes of a :class:`ReleaseEncoder`."""

    fps: int  # of the frames that the Transformer sees; 50 as heard
    fold: int  # of its frames in one frame of features
    hidden: int
    layers: int
    feed_forward: int
    channels: tuple[int, ...]  # of the convolutional extractor
    kernels: tuple[int, ...]
    position_kernel: int  # of the convolutional position embedding
    position_groups: int

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], fps: int, fold: int) -> Self:
        """Read the sizes from the weights' shapes.

        Raises:
            UserError: a weight is missing or has the wrong number of axes.
        """
        try:
            convolutions = [
                weights[f"feature_extractor.conv_layers.{i}.conv.weight"].shape
                for i in range(len(STRIDES))
            ]
            hidden, share, kernel = weights[_POSITION_WEIGHT].shape
            return cls(
                fps=fps,
                fold=fold,
                hidden=hidden,
                layers=len({name.split(".")[2] for name in weights if name.startswith(_LAYERS)}),
                feed_forward=weights[f"{_LAYERS}0.feed_forward.intermediate_dense.bias"].shape[0],
                channels=tuple(shape[0] for shape in convolutions),
                kernels=tuple(shape[2] for shape in convolutions),
                position_kernel=kernel,
                position_groups=hidden // share,
            )
        except KeyError as error:
            raise UserError(f"The speech encoder lacks weight {error}.") from error
        except (ValueError, IndexError, ZeroDivisionError) as error:
            raise UserError(f"The speech encoder is misshapen ({error}).") from error

    def wav2vec2(self) -> Wav2Vec2Config:
        """The same as transformers' configuration; that of wav2vec2-large-xlsr-53."""
        return Wav2Vec2Config(
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=max(1, self.hidden // _HEAD_DIM),
            intermediate_size=self.feed_forward,
            conv_dim=self.channels,
            conv_kernel=self.kernels,
            conv_stride=STRIDES,
            conv_bias=True,
            feat_extract_norm="layer",
            do_stable_layer_norm=True,
            num_conv_pos_embeddings=self.position_kernel,
            num_conv_pos_embedding_groups=self.position_groups,
            mask_time_prob=0.0,  # no masks, hence no mask embedding among the weights
        )


class ReleaseEncoder(nn.Module):
    """A clip's samples at 16 kHz -> features at the face's frame rate."""

    def __init__(self, config: ReleaseEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.wav2vec2 = Wav2Vec2Model(config.wav2vec2())

    def forward(self, samples: Tensor) -> Tensor:
        """(N,) -> (T, fold * hidden)."""
        fold = self.config.fold
        heard = self._listen(_standardise(samples))  # (n, channels)
        length = max(fold, len(heard) * self.config.fps // RATE)
        if length != len(heard):
            heard = F.interpolate(heard.T[None], length, mode="linear", align_corners=True)[0].T
        hidden = self._contextualise(heard)  # (length, hidden)
        return hidden[: length // fold * fold].reshape(-1, fold * self.config.hidden)

    def _listen(self, samples: Tensor) -> Tensor:
        """The convolutional features (n, channels) of a clip (N,), block after block.

        A frame depends on the samples it hears only, so that blocks give what the clip gives.
        """
        hop, reach = prod(STRIDES), self._receptive_field()
        samples = F.pad(samples, (0, max(0, reach - len(samples))))
        frames = (len(samples) - reach) // hop + 1
        blocks = [
            self.wav2vec2.feature_extractor(
                samples[None, first * hop : (min(first + _BLOCK, frames) - 1) * hop + reach]
            )[0].T
            for first in range(0, frames, _BLOCK)
        ]  # (at most _BLOCK, channels) each
        return torch.cat(blocks)

    def _receptive_field(self) -> int:
        """Samples that one frame hears."""
        field = 1
        for kernel, stride in zip(self.config.kernels[::-1], STRIDES[::-1], strict=True):
            field = (field - 1) * stride + kernel
        return field

    def _contextualise(self, heard: Tensor) -> Tensor:
        """The Transformer's hidden states (n, hidden) of convolutional features (n, channels)."""
        projected = self.wav2vec2.feature_projection(heard[None])[0]  # (1, n, hidden)
        blended, total = torch.zeros_like(projected), projected.new_zeros(len(heard), 1)
        for span, weight in _windows(len(heard)):
            states = self.wav2vec2.encoder(projected[:, span]).last_hidden_state
            blended[:, span] += states * weight.to(states)
            total[span] += weight.to(total)
        return (blended / total)[0]


def current_name(name: str) -> str:
    """A weight's name today; torch before 2.1 spelt a weight norm's two parts otherwise."""
    return name.replace(".weight_g", f".{_NORM}0").replace(".weight_v", f".{_NORM}1")


_LAYERS = "encoder.layers."
_NORM = "parametrizations.weight.original"
_POSITION_WEIGHT = f"encoder.pos_conv_embed.conv.{_NORM}1"


def _standardise(samples: Tensor) -> Tensor:
    """Zero mean and unit variance over the clip, as wav2vec 2.0's processor does."""
    variance = samples.var(correction=0)
    return (samples - samples.mean()) / torch.sqrt(variance + 1e-7)


def _windows(length: int) -> Iterator[tuple[slice, Tensor]]:
    """Overlapping spans that cover a clip and their weights (n, 1), which fade at inner ends."""
    step = _WINDOW - _OVERLAP
    for first in range(0, max(1, length - _OVERLAP), step):
        last = min(first + _WINDOW, length)
        at = torch.arange(first, last)
        rising = (at - first + 1) if first else torch.full_like(at, _OVERLAP)
        falling = (last - at) if last < length else torch.full_like(at, _OVERLAP)
        weight = torch.minimum(rising, falling).clamp(max=_OVERLAP) / _OVERLAP
        yield slice(first, last), weight[:, None]
