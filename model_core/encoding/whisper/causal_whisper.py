"""Whisper's encoder as a stream hears it: each frame attends to itself and to `reach` before it.

The matrices are those of the bundled encoder. That one looks a second ahead in each layer, and cut
off from it gives features that tell little; so what changes beside the mask is learned: a product
of two thin matrices added to each big one (Hu et al. 2021, "LoRA", arXiv 2106.09685), gains, biases
and relative positions.

Parameters have the names of `LocalWhisper`.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .causal_whisper_shape import CONTEXT
from .local_whisper import _skew, _unskew
from .local_whisper_config import LocalWhisperConfig
from .log_mel import MELS

RANK = 48
_BLOCK = 50  # frames


class CausalState(NamedTuple):
    """Keys and values of the frames before, by layer."""

    cache: Tensor  # (B, layers, 2, reach, dim)
    seen: Tensor  # (), how many of the cached frames there were; at most `reach`


class CausalWhisper(nn.Module):
    """Log-mel frames at 100 Hz -> features at 50 Hz, a few more each time."""

    def __init__(self, config: LocalWhisperConfig, rank: int = RANK) -> None:
        super().__init__()
        self.config = config
        self.conv1 = nn.Conv1d(MELS, config.dim, 3)
        self.conv2 = nn.Conv1d(config.dim, config.dim, 3, stride=2)
        self.position = nn.Parameter(torch.zeros(config.dim))
        self.layers = nn.ModuleList(_CausalLayer(config, rank) for _ in range(config.layers))
        self.layer_norm = nn.LayerNorm(config.dim)

    def forward(self, mel: Tensor) -> Tensor:
        """A sound from its start: (B, 80, 2 n + 3) -> (B, n, dim).

        A block at a time: what attention compares is then not all with all.
        """
        state, parts = self.init_state(len(mel)), []
        for first in range(0, mel.shape[2] - CONTEXT, 2 * _BLOCK):
            block = mel[:, :, first : first + 2 * _BLOCK + CONTEXT]
            features, state = self.advance(block, state)
            parts.append(features)
        return torch.cat(parts, dim=1)

    def advance(self, mel: Tensor, state: CausalState) -> tuple[Tensor, CausalState]:
        """The next frames of a stream: (B, 80, 2 n + 3) and the state before -> both after."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2) + self.position
        caches = []
        for index, layer in enumerate(self.layers):
            x, cache = layer(x, state.cache[:, index], state.seen)
            caches.append(cache)
        seen = (state.seen + x.shape[1]).clamp(max=self.config.reach)
        return self.layer_norm(x), CausalState(torch.stack(caches, dim=1), seen)

    def freeze(self) -> None:
        """Keep the matrices and convolutions of the bundled encoder as they are in training."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv1d):
                module.weight.requires_grad_(False)

    def merge(self) -> None:
        """Add what was learned to the matrices, to compute the same with less."""
        for module in self.modules():
            if isinstance(module, AdaptedLinear):
                module.merge()

    def init_state(self, batch: int) -> CausalState:
        """The state before the first frame."""
        config = self.config
        cache = self.position.new_zeros(batch, config.layers, 2, config.reach, config.dim)
        return CausalState(cache, torch.zeros((), dtype=torch.long))


class _CausalLayer(nn.Module):
    """Pre-norm Transformer encoder layer."""

    def __init__(self, config: LocalWhisperConfig, rank: int) -> None:
        super().__init__()
        self.self_attn_layer_norm = nn.LayerNorm(config.dim)
        self.self_attn = _CausalAttention(config, rank)
        self.final_layer_norm = nn.LayerNorm(config.dim)
        self.fc1 = AdaptedLinear(config.dim, config.hidden, rank)
        self.fc2 = AdaptedLinear(config.hidden, config.dim, rank)

    def forward(self, x: Tensor, cache: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """(B, n, dim), the cache (B, 2, reach, dim) before -> both after."""
        mixed, cache = self.self_attn(self.self_attn_layer_norm(x), cache, seen)
        x = x + mixed
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x)))), cache


class _CausalAttention(nn.Module):
    """Self-attention to a frame and `reach` before it, with relative keys and values."""

    def __init__(self, config: LocalWhisperConfig, rank: int) -> None:
        super().__init__()
        self.heads, self.reach, dim = config.heads, config.reach, config.dim
        self.q_proj = AdaptedLinear(dim, dim, rank)
        self.k_proj = AdaptedLinear(dim, dim, rank, bias=False)
        self.v_proj = AdaptedLinear(dim, dim, rank)
        self.out_proj = AdaptedLinear(dim, dim, rank)
        offsets = self.heads, self.reach + 1, dim // self.heads  # from `reach` before to itself
        self.relative_key = nn.Parameter(torch.zeros(offsets))
        self.relative_value = nn.Parameter(torch.zeros(offsets))

    def forward(self, x: Tensor, cache: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """As `_CausalLayer`."""
        fresh = torch.stack([self.k_proj(x), self.v_proj(x)], dim=1)  # (B, 2, n, dim)
        known = torch.cat([cache, fresh], dim=2)  # (B, 2, reach + n, dim)
        keys, values = self._split(known[:, 0]), self._split(known[:, 1])
        queries = self._split(self.q_proj(x)) * keys.shape[-1] ** -0.5  # (B, h, n, d)
        scores = queries @ keys.transpose(-1, -2)  # (B, h, n, reach + n)
        scores = scores + _skew(queries @ self.relative_key.transpose(-1, -2))
        absent = torch.arange(keys.shape[2], device=x.device) < self.reach - seen
        weights = scores.masked_fill(absent, -torch.inf).softmax(dim=-1)
        mixed = weights @ values + _unskew(weights) @ self.relative_value  # (B, h, n, d)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), known[:, :, -self.reach :]

    def _split(self, x: Tensor) -> Tensor:
        """(B, n, dim) -> (B, heads, n, d)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class AdaptedLinear(nn.Linear):
    """A linear map with a learned change of low rank: ``W x + b + up (down x)``."""

    def __init__(self, inputs: int, outputs: int, rank: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, bias)
        self.down = nn.Parameter(torch.randn(rank, inputs) * inputs**-0.5)
        self.up = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) -> (..., outputs)."""
        if not self.down.numel():
            return super().forward(x)
        return super().forward(x) + F.linear(F.linear(x, self.down), self.up)

    @torch.no_grad()
    def merge(self) -> None:
        """Add the change to the matrix, which computes the same with less."""
        self.weight.add_(self.up @ self.down)
        self.down = nn.Parameter(self.down[:0])
        self.up = nn.Parameter(self.up[:, :0])
