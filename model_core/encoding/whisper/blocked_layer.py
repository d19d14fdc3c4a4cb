"""A layer of the bundled encoder on the CPU: the sums of `local_whisper` in another order.

A stretch of frames goes through the whole layer while what it leaves is still in the cache. The
three projections are one product, keys and values are looked at where they lie, and what belongs to
an offset between frames is a view of the scores, whose rows begin a column later each.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .local_whisper import EncoderLayer

_STRETCH = 1000  # frames


class BlockedLayer(nn.Module):
    """An `EncoderLayer` with its weights, for inference.

    Args:
        layer: whose weights it takes.
    """

    def __init__(self, layer: EncoderLayer) -> None:
        super().__init__()
        attention = layer.self_attn
        self.layer, self.heads, self.reach = layer, attention.heads, attention.reach
        query, key, value = attention.q_proj, attention.k_proj, attention.v_proj
        scale = (query.in_features // self.heads) ** -0.5
        joint = torch.cat([query.weight * scale, key.weight, value.weight])
        self.weight = joint.detach().t()  # (dim, 3 dim)
        bias = torch.cat([query.bias * scale, torch.zeros_like(query.bias), value.bias])
        self.bias = bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """(T, dim) -> (T, dim)."""
        reach, length = self.reach, len(x)
        joint, blocks = self._projected(x), -(-length // reach)
        step = max(1, _STRETCH // reach)
        parts = []
        for first in range(0, blocks, step):
            mixed = self._mixed(joint, slice(first, min(first + step, blocks)), length)
            rows = x[first * reach : (first + step) * reach]
            parts.append(self._combined(rows, mixed[: len(rows)]))
        return torch.cat(parts)

    def _projected(self, x: Tensor) -> Tensor:
        """Queries, keys and values, zeros around: (T, dim) -> (whole blocks + 2, 3 dim)."""
        reach, length = self.reach, len(x)
        joint = x.new_zeros((2 - -length // reach) * reach, self.weight.shape[1])
        for first in range(0, length, _STRETCH):
            rows = self.layer.self_attn_layer_norm(x[first : first + _STRETCH])
            begin = reach + first
            torch.addmm(self.bias, rows, self.weight, out=joint[begin : begin + len(rows)])
        return joint

    def _mixed(self, joint: Tensor, blocks: slice, length: int) -> Tensor:
        """What attention makes of blocks of `reach` frames: (n reach, dim)."""
        reach, dim = self.reach, joint.shape[1] // 3
        size, count = dim // self.heads, blocks.stop - blocks.start
        rows = joint[blocks.start * reach : (blocks.stop + 2) * reach]
        mixed = joint.new_empty(count, reach, dim)
        for head in range(self.heads):
            at = slice(head * size, (head + 1) * size)
            queries = rows[reach : (count + 1) * reach, at]  # (n reach, d)
            keys = rows[:, dim:][:, at].unfold(0, 3 * reach, reach)  # (n, d, b + 2 r)
            values = rows[:, 2 * dim :][:, at].unfold(0, 3 * reach, reach).transpose(1, 2)
            weights = self._scores(head, queries, keys, blocks, length).softmax(dim=-1)
            heard = torch.bmm(weights, values)  # (n, b, d)
            offsets = self.layer.self_attn.relative_value[head].expand(count, -1, -1)
            mixed[:, :, at] = heard.baddbmm_(_by_offset(weights), offsets)
        return mixed.flatten(0, 1)

    def _scores(
        self, head: int, queries: Tensor, keys: Tensor, blocks: slice, length: int
    ) -> Tensor:
        """How well queries (n b, d) and keys (n, d, b + 2 r) go together: (n, b, b + 2 r)."""
        count, reach = len(keys), self.reach
        by_offset = queries @ self.layer.self_attn.relative_key[head].t()
        scores = keys.new_full((count, reach, 3 * reach), -torch.inf)
        _by_offset(scores).copy_(by_offset.view(count, reach, -1))
        scores.baddbmm_(queries.unflatten(0, (count, reach)), keys)
        if blocks.start == 0:  # before the first frame
            scores[0, :, :reach] = -torch.inf
        for block in range(max(0, count - 2), count):
            inside = length + reach - (blocks.start + block) * reach
            scores[block, :, inside:] = -torch.inf  # after the last
        return scores

    def _combined(self, x: Tensor, mixed: Tensor) -> Tensor:
        """The rest of the layer: frames and what attention gave them (n, dim) -> (n, dim)."""
        x = x + self.layer.self_attn.out_proj(mixed)
        inner = F.gelu(self.layer.fc1(self.layer.final_layer_norm(x)))
        return x.add_(self.layer.fc2(inner))


def _by_offset(by_key: Tensor) -> Tensor:
    """What lies at each offset of scores by key: (n, b, 3 b) -> a view (n, b, 2 b + 1)."""
    count, block, keys = by_key.shape
    return by_key.as_strided((count, block, 2 * block + 1), (block * keys, keys + 1, 1))
