"""Grouped-query attention (Ainslie et al. 2023, arXiv 2305.13245) with rotary positions.

Each key and value head serves several query heads. With a window of w frames the sequence is
cut into blocks of w and a block looks at itself and its neighbours only (Beltagy et al. 2020,
arXiv 2004.05150), so that time and memory are linear in the number of frames.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .rope import RotaryEmbedding, rotate


class AttentionState(NamedTuple):
    """Key/value cache: frames seen so far, or the last ``window`` of them."""

    keys: Tensor  # (B, kv_heads, frames, head_dim), rotated
    values: Tensor  # (B, kv_heads, frames, head_dim)
    position: int  # of the next frame


class GroupedQueryAttention(nn.Module):
    """Self-attention over frames within ``window`` frames (None: all), causal or not."""

    def __init__(
        self,
        dim: int,
        heads: int,
        kv_heads: int,
        rope: RotaryEmbedding,
        window: int | None = None,
        causal: bool = False,
    ) -> None:
        super().__init__()
        head_dim = dim // heads
        self.heads = [heads, kv_heads, kv_heads]
        self.window, self.causal, self.rope = window, causal, rope
        self.qkv = nn.Linear(dim, sum(self.heads) * head_dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        length = x.shape[1]
        q, k, v = self.project(x, 0)
        exporting = torch.compiler.is_exporting()  # one graph for clips of any length
        if self.window is None or (length <= self.window and not exporting):
            mixed = _attention_to_all(q, k, v, self.causal)  # (B, heads, T, head_dim)
        else:
            mixed = window_attention(q, k, v, self.window, self.causal)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def advance(self, x: Tensor, state: AttentionState) -> tuple[Tensor, AttentionState]:
        """A few more frames of causal attention: (B, n, dim) and the cache -> both after them."""
        q, k, v = self.project(x, state.position)
        keys = torch.cat((state.keys, k), dim=2)
        values = torch.cat((state.values, v), dim=2)
        frames, seen = x.shape[1], keys.shape[2]
        query = torch.arange(seen - frames, seen, device=x.device)[:, None]
        key = torch.arange(seen, device=x.device)
        reach = seen if self.window is None else self.window
        mask = (key <= query) & (key >= query - reach)  # (n, seen)
        mixed = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask, enable_gqa=True)
        kept = slice(max(0, seen - reach), None)
        state = AttentionState(keys[:, :, kept], values[:, :, kept], state.position + frames)
        return self.out(mixed.transpose(1, 2).flatten(2)), state

    def init_state(self, batch: int) -> AttentionState:
        """An empty cache."""
        head_dim = self.out.in_features // self.heads[0]
        empty = self.qkv.weight.new_empty(batch, self.heads[1], 0, head_dim)
        return AttentionState(empty, empty, 0)

    def project(self, x: Tensor, first: int) -> list[Tensor]:
        """Queries and keys, rotated, and values: (B, their heads, T, head_dim) each."""
        positions = torch.arange(first, first + x.shape[1], device=x.device)
        joint = self.qkv(x).unflatten(-1, (sum(self.heads), -1)).transpose(1, 2)
        q, k, v = joint.split(self.heads, dim=1)
        sine, cosine = self.rope(positions)
        return [rotate(q, sine, cosine), rotate(k, sine, cosine), v]


def _attention_to_all(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Attention of each frame to all; shapes as of `window_attention`.

    Of CUDA's kernels none takes few key heads in single precision but the one whose memory grows
    with the square of T, so there they are repeated.
    """
    if q.is_cuda:
        groups = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=not q.is_cuda)


def window_attention(q: Tensor, k: Tensor, v: Tensor, window: int, causal: bool) -> Tensor:
    """Attention of each frame to those at most ``window`` frames away, in blocks of ``window``.

    ``q`` (B, heads, T, head_dim), ``k`` and ``v`` (B, kv_heads, T, head_dim); returns the shape
    of ``q``. ``causal`` leaves out later frames.
    """
    batch, _, length, _ = q.shape
    padding = -length % window
    after = 0 if causal else window  # frames a block sees beyond its end
    q = F.pad(q, (0, 0, 0, padding)).unflatten(2, (-1, window))  # (B, heads, n, w, head_dim)
    neighbours = 2 if causal else 3  # blocks that a block sees: before, itself, after
    k, v = (
        _neighbouring_blocks(F.pad(each, (0, 0, window, padding + after)), window, neighbours)
        for each in (k, v)
    )  # (B, kv_heads, n, seen, head_dim)
    mask = _window_mask(length, window, after, q.device)  # (n, w, seen)
    mixed = F.scaled_dot_product_attention(
        q.transpose(1, 2).flatten(0, 1),  # (B n, heads, w, head_dim)
        k.transpose(1, 2).flatten(0, 1),  # (B n, kv_heads, seen, head_dim)
        v.transpose(1, 2).flatten(0, 1),
        attn_mask=mask.repeat(batch, 1, 1)[:, None],
        enable_gqa=True,
    )
    return mixed.unflatten(0, (batch, -1)).transpose(1, 2).flatten(2, 3)[:, :, :length]


def _neighbouring_blocks(x: Tensor, size: int, count: int) -> Tensor:
    """All runs of `count` blocks: (B, heads, m size, D) -> (B, heads, m - count + 1, seen, D)."""
    blocks = x.unflatten(2, (-1, size))  # (B, heads, m, size, D)
    runs = blocks.shape[2] - count + 1
    return torch.cat([blocks[:, :, at : at + runs] for at in range(count)], dim=3)


def _window_mask(length: int, window: int, after: int, device: torch.device) -> Tensor:
    """What each frame of each block may see: (blocks, window, 2 window + after), bool."""
    query = torch.arange(length + -length % window, device=device).view(-1, window, 1)
    first = query[:, :1] - window  # (n, 1, 1), the first frame the block sees
    key = first + torch.arange(2 * window + after, device=device)
    near = (key >= query - window) & (key <= query + after) & (key >= 0) & (key < length)
    return near | (key == query)  # frames of padding see themselves: an empty row would be NaN
