"""The quantiser and the diffusion equal other libraries', and keep what they promise."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model_core.layers import ddim
from model_core.layers.diffusion import Diffusion
from model_core.layers.periodic_attention import PeriodicCausalAttention, periodic_bias
from model_core.layers.vector_quantiser import QuantiserConfig, VectorQuantiser, perplexity
from model_core.models.glditalker.latent_diffusion import AlignedCrossAttention
from tests.model.peer_reference import (
    CODES,
    COMMITMENT,
    DRAWS,
    REFERENCE,
    STEPS,
    WIDTH,
    thinks_clean,
)

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture(scope="module")
def peers() -> Mapping[str, Tensor]:
    """What diffusers and vector-quantize-pytorch made of the same numbers."""
    with np.load(REFERENCE, allow_pickle=False) as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored.files}


@pytest.fixture
def quantiser(peers: Mapping[str, Tensor]) -> VectorQuantiser:
    made = VectorQuantiser(QuantiserConfig(codes=CODES, width=WIDTH, commitment=COMMITMENT))
    made.codebook.weight.data.copy_(peers["vq/book"])
    return made


def test_the_quantiser_equals_vector_quantize_pytorch(
    peers: Mapping[str, Tensor], quantiser: VectorQuantiser
) -> None:
    z = peers["vq/z"].clone().requires_grad_()
    found = quantiser(z)
    assert torch.equal(found.indices, peers["vq/indices"])
    torch.testing.assert_close(found.vectors, peers["vq/vectors"], **CLOSE)
    (straight,) = torch.autograd.grad(found.vectors.square().sum(), z, retain_graph=True)
    torch.testing.assert_close(straight, peers["vq/straight"], **CLOSE)
    (committed,) = torch.autograd.grad(found.loss, z, retain_graph=True)
    torch.testing.assert_close(committed, peers["vq/committed"], **CLOSE)
    whole = peers["vq/loss"].sum() * (1 + COMMITMENT) / COMMITMENT  # with what teaches the codes
    torch.testing.assert_close(found.loss, whole, **CLOSE)


def test_the_codes_are_taught_four_times_as_fast_as_the_vectors(
    peers: Mapping[str, Tensor], quantiser: VectorQuantiser
) -> None:
    z = peers["vq/z"].clone().requires_grad_()
    found = quantiser(z)
    found.loss.backward()
    assert z.grad is not None
    moved = torch.zeros_like(quantiser.codebook.weight)
    moved.index_add_(0, found.indices.flatten(), z.grad.flatten(0, 1))
    assert quantiser.codebook.weight.grad is not None
    torch.testing.assert_close(quantiser.codebook.weight.grad, -moved / COMMITMENT)


def test_codes_that_nobody_uses_are_put_where_vectors_are() -> None:
    torch.manual_seed(0)
    quantiser = VectorQuantiser(QuantiserConfig(codes=16, width=4, patience=3))
    z = 5 + torch.randn(1, 64, 4)  # far from all the codes, of which one is the nearest
    seen = [perplexity(quantiser(z).indices, 16) for _ in range(5)]
    assert seen[0] < 3
    assert seen[-1] > 8
    before = quantiser.codebook.weight.clone()
    quantiser.eval()
    for _ in range(5):
        quantiser(z - 10)
    assert torch.equal(before, quantiser.codebook.weight)


def test_perplexity_counts_codes() -> None:
    assert perplexity(torch.arange(8).repeat(3), 32) == pytest.approx(8, rel=1e-5)
    assert perplexity(torch.zeros(5, dtype=torch.int64), 32) == 1


def test_ddim_equals_diffusers(peers: Mapping[str, Tensor]) -> None:
    diffusion = Diffusion(STEPS)
    noise = peers["ddim/noise"]
    torch.testing.assert_close(diffusion.alphas, peers["ddim/alphas"], rtol=1e-4, atol=1e-6)
    assert ddim.path(STEPS, DRAWS) == peers["ddim/path"].tolist()
    sample = diffusion.sample(thinks_clean, noise, DRAWS)
    torch.testing.assert_close(sample, peers["ddim/sample"], **CLOSE)
    times = torch.tensor([0, 100, 499])
    noised = diffusion.noised(noise.tanh().expand(3, -1, -1), times, noise.expand(3, -1, -1))
    torch.testing.assert_close(noised, peers["ddim/noised"], **CLOSE)


def test_a_sample_goes_through_as_many_steps_as_asked_for() -> None:
    for count in range(1, 51):
        path = ddim.path(50, count)
        assert (len(path), path[0]) == (count, 49)
        assert path == sorted({*path}, reverse=True)
        assert path[-1] >= 0


def test_half_precision_chooses_the_codes_that_single_does() -> None:
    torch.manual_seed(0)
    quantiser, z = (
        VectorQuantiser(QuantiserConfig(codes=64, width=8, patience=1)),
        torch.randn(9, 8),
    )
    quantiser(z)
    with torch.autocast("cpu", torch.bfloat16):
        found = quantiser(z.bfloat16())
    assert torch.equal(found.indices, quantiser.nearest(z.bfloat16().float()))


def test_a_sample_follows_from_its_noise_alone() -> None:
    diffusion, noise = Diffusion(50), torch.randn(2, 5, 3)
    once, again = (diffusion.sample(thinks_clean, noise, 10) for _ in range(2))
    assert torch.equal(once, again)
    assert not torch.equal(once, diffusion.sample(thinks_clean, noise + 1, 10))


def test_cross_attention_to_one_frame_is_a_linear_map() -> None:
    torch.manual_seed(0)
    width, length = 16, 7
    whole = nn.MultiheadAttention(width, 4, batch_first=True)
    nn.init.normal_(whole.in_proj_bias)
    mine = AlignedCrossAttention(width)
    value, bias = whole.in_proj_weight[2 * width :], whole.in_proj_bias[2 * width :]
    mine.value.weight.data = whole.out_proj.weight @ value
    mine.value.bias.data = whole.out_proj.weight @ bias + whole.out_proj.bias
    query, condition = torch.randn(2, length, width), torch.randn(2, length, width)
    hidden = ~torch.eye(length, dtype=torch.bool)
    attended, _ = whole(query, condition, condition, attn_mask=hidden)
    torch.testing.assert_close(mine(condition), attended, rtol=1e-5, atol=1e-6)


def test_the_periodic_bias() -> None:
    bias = periodic_bias(7, 2, 3)
    slope = 2.0**-4
    row = [-2 * slope, -slope, -slope, -slope, 0.0, 0.0, 0.0]
    torch.testing.assert_close(bias[0, 6], torch.tensor(row))
    torch.testing.assert_close(bias[1, 6], torch.tensor(row) / 16)
    assert torch.isinf(bias[0, 2, 3:]).all()


def test_what_comes_later_is_not_seen() -> None:
    torch.manual_seed(0)
    layer, x = PeriodicCausalAttention(8, 2, 3), torch.randn(1, 9, 8)
    changed = x.clone()
    changed[:, 5:] += 1
    before, after = layer(x), layer(changed)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])
