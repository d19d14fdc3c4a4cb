"""What layers do for the few frames that a stream gives at once is what they do for many."""

import torch
from torch.testing import assert_close

from model_core.encoding.whisper.causal_whisper import AdaptedLinear, CausalWhisper
from model_core.encoding.whisper.local_whisper_config import LocalWhisperConfig
from model_core.layers.attention import GroupedQueryAttention
from model_core.layers.mamba import Mamba
from model_core.layers.moe import MixtureOfExperts
from model_core.layers.rope import RotaryEmbedding
from model_core.models.streaming.network import attend


def test_mamba_frame_by_frame() -> None:
    torch.manual_seed(0)
    mamba = Mamba(16)
    x = torch.randn(2, 40, 16)
    whole, state, frames = mamba(x), mamba.init_state(2), []
    with torch.no_grad():
        for t in range(40):
            frame, state = mamba.advance(x[:, t : t + 1], state)
            frames.append(frame)
    assert_close(torch.cat(frames, 1), whole.detach(), atol=1e-5, rtol=1e-4)


def test_experts_for_few_tokens() -> None:
    torch.manual_seed(0)
    experts = MixtureOfExperts(16, 24, experts=4, top_k=2)
    x = torch.randn(1, 30, 16)
    whole = experts(x)[0].detach()
    with torch.no_grad():
        few = torch.cat([experts(x[:, t : t + 3])[0] for t in range(0, 30, 3)], dim=1)
    assert_close(few, whole, atol=1e-5, rtol=1e-4)


def test_attention_with_a_cache_of_one_size() -> None:
    torch.manual_seed(0)
    attention = GroupedQueryAttention(16, 4, 2, RotaryEmbedding(4), window=9, causal=True)
    x = torch.randn(1, 60, 16)
    cache, seen, parts = torch.zeros(1, 2, 2, 9, 4), torch.tensor(0), []
    for size in (1, 2, 20, 1, 5, 31):
        first = sum(part.shape[1] for part in parts)
        part, cache = attend(attention, x[:, first : first + size], cache, seen)
        seen = (seen + size).clamp(max=9)
        parts.append(part)
    assert_close(torch.cat(parts, 1), attention(x), atol=1e-5, rtol=1e-4)
    assert cache.shape == (1, 2, 2, 9, 4)


def test_causal_ears_in_parts_and_merged() -> None:
    torch.manual_seed(0)
    sizes = LocalWhisperConfig(dim=24, layers=2, heads=2, hidden=32, reach=7)
    ears = CausalWhisper(sizes, rank=3)
    for module in ears.modules():
        if isinstance(module, AdaptedLinear):
            torch.nn.init.normal_(module.up, std=0.3)
    mel, state, parts = torch.randn(1, 80, 2 * 130 + 3), ears.init_state(1), []
    with torch.no_grad():
        whole = ears(mel)
        ears.merge()
        for first, count in ((0, 1), (1, 2), (3, 60), (63, 67)):
            span = slice(2 * first, 2 * (first + count) + 3)
            part, state = ears.advance(mel[:, :, span], state)
            parts.append(part)
        assert_close(torch.cat(parts, 1), whole, atol=1e-4, rtol=1e-3)
        later = mel.clone()
        later[:, :, 2 * 60 + 5 :] += 1.0  # what frame 60 does not hear yet
        assert_close(ears(later)[:, :61], whole[:, :61], atol=1e-4, rtol=1e-3)
        assert (ears(later)[:, 61] - whole[:, 61]).abs().max() > 1e-3
