"""Attention, rotary positions, experts and the Mamba block."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.layers.attention import GroupedQueryAttention, window_attention
from model_core.layers.mamba import Mamba
from model_core.layers.moe import MixtureOfExperts, load_balance_loss, route
from model_core.layers.norm import RMSNorm
from model_core.layers.rope import LowRankRotaryEmbedding, RotaryEmbedding, rotate


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_rms_norm_gives_unit_root_mean_square() -> None:
    normed = RMSNorm(64)(torch.randn(3, 64) * 40)
    torch.testing.assert_close(normed.square().mean(-1).sqrt(), torch.ones(3))


def test_rotary_products_depend_on_distance_only() -> None:
    rope, q, k = RotaryEmbedding(16), torch.randn(16), torch.randn(16)

    def product(query: int, key: int) -> Tensor:
        sine, cosine = rope(torch.tensor([query, key]))
        return rotate(q[None], sine[:1], cosine[:1]) @ rotate(k[None], sine[1:], cosine[1:]).T

    torch.testing.assert_close(product(3, 10), product(503, 510), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(product(3, 10), product(3, 11), rtol=1e-3)


def test_rotation_keeps_lengths_and_turns_pairs_by_the_angle() -> None:
    sine, cosine = RotaryEmbedding(4)(torch.arange(5))
    turned = rotate(torch.tensor([1.0, 0.0, 0.0, 1.0]).repeat(5, 1), sine, cosine)
    torch.testing.assert_close(turned.norm(dim=-1), torch.full((5,), 2**0.5))
    angle = torch.tensor(3.0)
    torch.testing.assert_close(turned[3, :2], torch.stack((angle.cos(), angle.sin())))
    slow = angle / 100  # 10000^(-2/4)
    torch.testing.assert_close(turned[3, 2:], torch.stack((-slow.sin(), slow.cos())))


def test_low_rank_rope_starts_as_rope_and_adds_what_it_learns() -> None:
    positions = torch.arange(9)
    plain, learned = RotaryEmbedding(8)(positions), LowRankRotaryEmbedding(8, rank=3)
    torch.testing.assert_close(learned(positions), plain)
    down, up = (layer.weight for layer in learned.proj)
    torch.nn.init.normal_(up)
    added = torch.cat(plain, dim=-1) @ down.T @ up.T
    torch.testing.assert_close(torch.cat(learned(positions), -1), torch.cat(plain, -1) + added)
    assert torch.linalg.matrix_rank(added) == 3


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("frames", [8, 20, 24, 61])
def test_window_attention_is_full_attention_under_a_band_mask(causal: bool, frames: int) -> None:
    q, k, v = (torch.randn(2, heads, frames, 8, requires_grad=True) for heads in (6, 2, 2))
    distance = torch.arange(frames)[:, None] - torch.arange(frames)
    band = (distance <= 8) & (distance >= (0 if causal else -8))
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=band, enable_gqa=True)
    result = window_attention(q, k, v, 8, causal)
    torch.testing.assert_close(result, expected, rtol=1e-5, atol=1e-5)
    weights = torch.randn_like(result)
    for one, other in zip(
        torch.autograd.grad((result * weights).sum(), (q, k, v)),
        torch.autograd.grad((expected * weights).sum(), (q, k, v)),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_query_heads_share_key_and_value_heads() -> None:
    attention = GroupedQueryAttention(24, heads=6, kv_heads=2, rope=RotaryEmbedding(4))
    assert attention.qkv.weight.shape == ((6 + 2 + 2) * 4, 24)
    x = torch.randn(1, 5, 24)
    q, k, v = attention.project(x, first=0)
    k, v = (each.repeat_interleave(3, dim=1) for each in (k, v))
    mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
    torch.testing.assert_close(attention(x), attention.out(mixed))


def test_experts_are_weighted_and_only_the_chosen_ones_run() -> None:
    moe, x = MixtureOfExperts(8, 16, experts=4, top_k=2), torch.randn(50, 8)
    outputs = []
    for gate_up, down in zip(moe.gate_up, moe.down, strict=True):
        gate, up = (x @ gate_up).chunk(2, dim=-1)
        outputs.append(F.silu(gate) * up @ down)
    weights, chosen = route(moe.router(x).softmax(-1), 2)
    torch.testing.assert_close(weights.sum(-1), torch.ones(50))
    every = torch.stack(outputs, 1)  # (50, experts, 8)
    picked = every.gather(1, chosen[..., None].expand(-1, -1, 8))
    torch.testing.assert_close(moe(x)[0], (weights[..., None] * picked).sum(1))

    never = (x[:1] @ moe.router.weight.T)[0].argmin()
    with torch.no_grad():
        moe.down[never] = torch.nan  # an expert not chosen cannot matter
    assert moe(x[:1])[0].isfinite().all()


def test_plain_gates_are_the_router_s_probabilities() -> None:
    probabilities = torch.tensor([[0.5, 0.3, 0.2]])
    weights, chosen = route(probabilities, 2, plain=True)
    torch.testing.assert_close(weights, torch.tensor([[0.5, 0.3]]))
    summed, same = route(probabilities, 2)
    torch.testing.assert_close(summed, torch.tensor([[0.625, 0.375]]))
    assert chosen.equal(same)
    moe, x = MixtureOfExperts(8, 16, experts=3, top_k=2), torch.randn(50, 8)
    whole = moe(x)[0]
    moe.plain = True
    share = moe.router(x).softmax(-1).topk(2).values.sum(-1, keepdim=True)
    torch.testing.assert_close(moe(x)[0], share * whole, rtol=1e-4, atol=1e-6)


def test_an_expert_nobody_chooses_gets_no_gradient() -> None:
    moe, x = MixtureOfExperts(8, 16, experts=3, top_k=1), torch.rand(20, 8) + 0.1
    with torch.no_grad():
        moe.router.weight.copy_(torch.tensor([[1.0], [0.0], [-1.0]]).expand(3, 8))
    moe(x)[0].sum().backward()
    used = [bool(gradient.any()) for gradient in moe.down.grad]
    assert used == [True, False, False]


def test_load_balance_loss_is_one_when_balanced_and_grows_when_not() -> None:
    even = torch.full((8, 4), 0.25)
    balanced = load_balance_loss(even, torch.arange(16).view(8, 2) % 4)
    torch.testing.assert_close(balanced, torch.tensor(1.0))
    logits = torch.zeros(8, 4, requires_grad=True)
    skewed = load_balance_loss(
        (logits + torch.tensor([4.0, 0, 0, 0])).softmax(-1), torch.zeros(8, 1).long()
    )
    assert skewed > 3
    skewed.backward()
    assert (logits.grad[:, 0] > 0).all()  # descent takes tokens from the crowded expert


def test_mamba_has_the_names_and_shapes_of_mamba_ssm() -> None:
    shapes = {name: tuple(value.shape) for name, value in Mamba(64).state_dict().items()}
    assert shapes == {
        "A_log": (128, 16),
        "D": (128,),
        "in_proj.weight": (256, 64),
        "conv1d.weight": (128, 1, 4),
        "conv1d.bias": (128,),
        "x_proj.weight": (36, 128),
        "dt_proj.weight": (128, 4),
        "dt_proj.bias": (128,),
        "out_proj.weight": (64, 128),
    }


def test_mamba_steps_are_its_forward_pass() -> None:
    mamba, x = Mamba(16), torch.randn(2, 33, 16)
    whole, state, steps = mamba(x), mamba.init_state(2), []
    for frames in x.split([1, 1, 1, 2, 5, 1, 22], dim=1):
        y, state = mamba.advance(frames, state)
        steps.append(y)
    torch.testing.assert_close(torch.cat(steps, 1), whole, rtol=1e-5, atol=1e-6)


def test_mamba_is_causal_and_remembers() -> None:
    mamba, x = Mamba(16).double(), torch.randn(1, 60, 16, dtype=torch.float64)
    changed = x.clone()
    changed[:, 20] += 1
    difference = (mamba(x) - mamba(changed)).abs().amax(dim=(0, 2))
    assert difference[:20].max() < 1e-12
    assert difference[20:40].min() > 1e-7  # well beyond the 4 frames of its convolution


def test_new_mamba_has_time_steps_between_a_thousandth_and_a_tenth() -> None:
    steps = F.softplus(Mamba(256).dt_proj.bias)
    assert 1e-3 <= steps.min() < 2e-3
    assert 0.05 < steps.max() <= 0.1 + 1e-6
