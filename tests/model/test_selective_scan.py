"""Three implementations of one scan, against the recurrence written out in float64."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from model_core.layers import time_major_scan as cpu
from model_core.layers.selective_scan import chunked_scan, held_scan, selective_scan
from model_core.layers.time_major_scan import time_major_scan

Arguments = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
Scan = Callable[..., tuple[Tensor, Tensor]]


def arguments(frames: int, largest_step: float = 0.5, seed: int = 0) -> Arguments:
    """x, dt, a, b, c and a first state of 2 sequences, 3 channels and 4 states, float64."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    dt = torch.rand(2, frames, 3, generator=generator, dtype=torch.float64) * largest_step
    a = -torch.arange(1.0, 5.0, dtype=torch.float64).repeat(3, 1)
    return normal(2, frames, 3), dt, a, normal(2, frames, 4), normal(2, frames, 4), normal(2, 3, 4)


def recurrence(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, h: Tensor
) -> tuple[Tensor, Tensor]:
    """The definition, one frame, channel and state at a time."""
    y, h = torch.zeros_like(x), h.clone()
    for i, t, d in torch.cartesian_prod(*(torch.arange(n) for n in x.shape)):
        h[i, d] = torch.exp(dt[i, t, d] * a[d]) * h[i, d] + dt[i, t, d] * b[i, t] * x[i, t, d]
        y[i, t, d] = (c[i, t] * h[i, d]).sum()
    return y, h


@pytest.mark.parametrize("scan", [time_major_scan, chunked_scan, selective_scan])
@pytest.mark.parametrize("frames", [1, 2, 37, 70])
def test_implementations_agree_with_the_recurrence(scan: Scan, frames: int) -> None:
    given = arguments(frames)
    for result, expected in zip(scan(*given), recurrence(*given), strict=True):
        torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)


def test_zero_order_hold_is_exact_where_the_input_is_held() -> None:
    _, dt, a, _, _, h = arguments(4, largest_step=2.0)
    x, b, c = torch.randn(2, 1, 3).double(), torch.randn(2, 1, 4).double(), torch.ones(1).double()
    held = (each.expand(-1, 4, -1) for each in (x, b))
    x, b = held
    c = c.expand(2, 4, 4)
    y, last = held_scan(x, dt, a, b, c, h)
    for t in range(4):  # dh/ds = A h + B x, solved up to each frame's time
        time = dt[:, : t + 1].sum(1)[..., None]  # (B, D, 1)
        drive = x[:, 0, :, None] * b[:, 0, None]
        exact = torch.exp(time * a) * h + (torch.exp(time * a) - 1) / a * drive
        torch.testing.assert_close(y[:, t], exact.sum(-1), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(last, exact, rtol=1e-12, atol=1e-12)
    euler, _ = chunked_scan(x, dt, a, b, c, h)
    assert (euler - y).abs().max() > 0.1
    fine = 1e-4 * dt  # where steps are small both are the same
    torch.testing.assert_close(
        held_scan(x, fine, a, b, c, h)[0],
        chunked_scan(x, fine, a, b, c, h)[0],
        rtol=1e-3,
        atol=1e-3,
    )


@pytest.mark.parametrize("scan", [time_major_scan, chunked_scan])
@pytest.mark.parametrize("largest_step", [1e-6, 50.0, 1e4])
def test_float32_stays_exact_for_extreme_time_steps(scan: Scan, largest_step: float) -> None:
    given = arguments(70, largest_step)
    y, state = scan(*(each.float() for each in given))
    expected_y, expected_state = recurrence(*given)
    torch.testing.assert_close(y.double(), expected_y, rtol=1e-4, atol=1e-5 * largest_step)
    torch.testing.assert_close(state.double(), expected_state, rtol=1e-4, atol=1e-5 * largest_step)


def test_extreme_time_steps_have_finite_gradients() -> None:
    given = [each.float().requires_grad_() for each in arguments(70, 1e4)]
    y, state = time_major_scan(*given)
    (y.square().mean() + state.square().mean()).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in given)


@pytest.mark.parametrize("chunk", [1, 3, 64])
def test_written_gradient_is_the_numerical_one(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "_MAX_FRAMES", chunk)  # 7 frames: several chunks, a partial one, one
    given = [each.requires_grad_() for each in arguments(7)]
    assert torch.autograd.gradcheck(time_major_scan, given)


def test_written_gradient_is_that_of_the_chunked_form() -> None:
    first = [each.requires_grad_() for each in arguments(70)]
    second = [each.detach().clone().requires_grad_() for each in first]
    for scan, given in ((time_major_scan, first), (chunked_scan, second)):
        y, state = scan(*given)
        (y.sin().sum() + state.cos().sum()).backward()
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-10, atol=1e-10)


def test_mixed_precision_leaves_the_scan_in_float32() -> None:
    x, dt, a, b, c, state = (each.float() for each in arguments(70))
    expected = selective_scan(x, dt, a, b, c, state)
    with torch.autocast("cpu", torch.bfloat16):
        result = selective_scan(x, dt, a, b, c, state)
        rounded, _ = selective_scan(x.bfloat16(), dt, a, b, c, state)
    assert all(map(torch.equal, result, expected))
    assert rounded.dtype == torch.bfloat16


def test_a_scan_can_be_continued_from_its_state() -> None:
    x, dt, a, b, c, state = arguments(40)
    whole, last = selective_scan(x, dt, a, b, c, state)
    head, middle = selective_scan(x[:, :13], dt[:, :13], a, b[:, :13], c[:, :13], state)
    tail, end = selective_scan(x[:, 13:], dt[:, 13:], a, b[:, 13:], c[:, 13:], middle)
    torch.testing.assert_close(torch.cat((head, tail), 1), whole, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(end, last, rtol=1e-12, atol=1e-12)
