"""Whisper's encoder with local attention and relative positions, so that time is all alike.

Whisper adds an absolute position to every frame: the same sound one frame later gives features 7 %
away, 60 % a second later. Here each frame attends `reach` frames to either side, and positions
enter as relative position representations (Shaw et al. 2018, arXiv 1803.02155, equations 3 and 4)
read off Whisper's own absolute ones (see `import_whisper`). Features then depend on the sound
within `layers * reach` frames and on nothing else: windows of any size agree.

Parameters have the names of transformers' WhisperEncoder.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .local_whisper_config import LocalWhisperConfig
from .log_mel import MELS


class LocalWhisper(nn.Module):
    """Log-mel frames at 100 Hz -> features at 50 Hz."""

    def __init__(self, config: LocalWhisperConfig) -> None:
        super().__init__()
        self.config = config
        self.conv1 = nn.Conv1d(MELS, config.dim, 3, padding=1)
        self.conv2 = nn.Conv1d(config.dim, config.dim, 3, stride=2, padding=1)
        self.position = nn.Parameter(torch.zeros(config.dim))  # the one all frames stand at
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        self.layer_norm = nn.LayerNorm(config.dim)

    def forward(self, mel: Tensor, keep: slice | None = None) -> Tensor:
        """One clip or a part of one: (80, 2 T) -> (T, channels), or of these the frames to keep."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).T.contiguous() + self.position  # (T, dim)
        first, last = (keep.start, keep.stop) if keep else (0, x.shape[0])
        kept = []
        for left, layer in zip(range(len(self.layers))[::-1], self.layers, strict=True):
            x = layer(x)
            unused = max(0, first - left * self.config.reach)  # by the layers that are left
            x = x[unused : last + left * self.config.reach]
            first, last = first - unused, last - unused
            kept.append(x[first:last])
        lower = kept[-2 : -self.config.heard - 1 : -1]
        return torch.cat([self.layer_norm(x), *lower], dim=-1) if lower else self.layer_norm(x)


class EncoderLayer(nn.Module):
    """Pre-norm Transformer encoder layer."""

    def __init__(self, config: LocalWhisperConfig) -> None:
        super().__init__()
        self.self_attn_layer_norm = nn.LayerNorm(config.dim)
        self.self_attn = LocalAttention(config.dim, config.heads, config.reach)
        self.final_layer_norm = nn.LayerNorm(config.dim)
        self.fc1 = nn.Linear(config.dim, config.hidden)
        self.fc2 = nn.Linear(config.hidden, config.dim)

    def forward(self, x: Tensor) -> Tensor:
        """(T, dim) -> (T, dim)."""
        x = x + self.self_attn(self.self_attn_layer_norm(x))
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))


class LocalAttention(nn.Module):
    """Self-attention within `reach` frames, with relative keys and values; linear in T."""

    def __init__(self, dim: int, heads: int, reach: int) -> None:
        super().__init__()
        self.heads, self.reach = heads, reach
        self.q_proj = nn.Linear(dim, dim)
        self.k_proj = nn.Linear(dim, dim, bias=False)
        self.v_proj = nn.Linear(dim, dim)
        self.out_proj = nn.Linear(dim, dim)
        self.relative_key = nn.Parameter(torch.zeros(heads, 2 * reach + 1, dim // heads))
        self.relative_value = nn.Parameter(torch.zeros(heads, 2 * reach + 1, dim // heads))

    def forward(self, x: Tensor) -> Tensor:
        """(T, dim) -> (T, dim)."""
        length, block = x.shape[0], self.reach
        queries = self._query_blocks(self.q_proj(x), block)  # (h, n, b, d)
        keys = self._key_blocks(self.k_proj(x), block)  # (h, n, b + 2 r, d)
        values = self._key_blocks(self.v_proj(x), block)
        scores = queries @ keys.transpose(-1, -2)  # (h, n, b, b + 2 r)
        scores += _skew(queries @ self.relative_key[:, None].transpose(-1, -2))
        scores += _outside(length, block, self.reach, x)
        weights = scores.softmax(dim=-1)
        mixed = weights @ values + _unskew(weights) @ self.relative_value[:, None]  # (h, n, b, d)
        joined = mixed.permute(1, 2, 0, 3).reshape(-1, x.shape[1])[:length]  # (T, dim)
        return self.out_proj(joined)

    def _query_blocks(self, x: Tensor, block: int) -> Tensor:
        """(T, dim) -> scaled (heads, n, block, d)."""
        padded = F.pad(x, (0, 0, 0, -x.shape[0] % block))
        split = padded.view(-1, block, self.heads, x.shape[1] // self.heads)
        return split.permute(2, 0, 1, 3) * split.shape[-1] ** -0.5

    def _key_blocks(self, x: Tensor, block: int) -> Tensor:
        """(T, dim) -> (heads, n, 3 block, d): itself and its neighbours."""
        padded = F.pad(x, (0, 0, block, block + -x.shape[0] % block))
        split = padded.view(-1, block, self.heads, x.shape[1] // self.heads)
        near = torch.cat((split[:-2], split[1:-1], split[2:]), dim=1)  # (n, 3 block, heads, d)
        return near.permute(2, 0, 1, 3)


def _skew(by_offset: Tensor) -> Tensor:
    """Scores by offset (..., b, 2 r + 1) -> by key (..., b, b + 2 r), -inf beyond the reach.

    Query i of a block sees keys i to i + 2 r; padding each row by b and cutting the flat rows one
    shorter moves row i right by i.
    """
    block, offsets = by_offset.shape[-2:]
    keys = block + offsets - 1
    flat = F.pad(by_offset, (0, block), value=-torch.inf).flatten(-2)
    return flat[..., : block * keys].unflatten(-1, (block, keys))


def _unskew(by_key: Tensor) -> Tensor:
    """Weights by key (..., b, b + 2 r) -> by offset (..., b, 2 r + 1); undoes `_skew`."""
    block, keys = by_key.shape[-2:]
    flat = F.pad(by_key.flatten(-2), (0, block))
    return flat.unflatten(-1, (block, keys + 1))[..., : keys - block + 1]


def _outside(length: int, block: int, reach: int, like: Tensor) -> Tensor:
    """Mask (n, 1, b + 2 r): -inf at keys before the first or after the last frame."""
    starts = torch.arange(0, length, block, device=like.device)[:, None] - reach
    keys = starts + torch.arange(block + 2 * reach, device=like.device)
    inside = (keys >= 0) & (keys < length)
    return torch.where(inside, 0.0, -torch.inf)[:, None].to(like)
