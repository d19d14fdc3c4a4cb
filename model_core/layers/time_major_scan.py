"""Selective scan for the CPU: a time-major loop over the frames with a hand-written gradient.

Everything that does not depend on the previous frame is done for a chunk of frames at once
(discretisation, readout, parameter gradients); the loop itself is one in-place ``addcmul_`` a
frame. The state is kept as (batch, N, channels), channels innermost, so that every product
broadcasts along contiguous memory. For the gradient only the state at the start of each chunk
is kept, and the chunk is run again (Gu & Dao 2023, section 3.3.2: recomputation).

Decays are only ever multiplied, never divided, so that no time step overflows.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_CHUNK_ELEMENTS = 1 << 21  # of one (frames, batch, N, channels) buffer: stays within a CPU's cache
_MAX_FRAMES = 32


def time_major_scan(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Run the scan of :func:`.selective_scan.selective_scan` with a loop over the frames.

    ``x`` and ``dt`` (B, T, D), ``a`` (D, N), ``b`` and ``c`` (B, T, N), ``state`` (B, D, N);
    returns y (B, T, D) and the state after the last frame (B, D, N).
    """
    return _TimeMajorScan.apply(x, dt, a, b, c, state)


class _TimeMajorScan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        a_t = a.t().contiguous()  # (N, D)
        h = state.transpose(1, 2).contiguous()  # (B, N, D)
        y = torch.empty_like(x, memory_format=torch.contiguous_format)
        scratch = _Scratch(h, x.shape[1], buffers=2)
        starts = []
        for span in scratch.spans:
            starts.append(h)
            dt_t, b_t, c_t = (_time_major(v, span) for v in (dt, b, c))
            decay, states = scratch.take(span)
            _run_chunk(decay, states, dt_t * _time_major(x, span), dt_t, a_t, b_t, h)
            h = states[-1].clone()
            y[:, span] = (c_t[:, :, None] @ states)[:, :, 0].transpose(0, 1)
        needs_gradient = any(ctx.needs_input_grad)
        ctx.save_for_backward(x, dt, a_t, b, c, *(starts if needs_gradient else ()))
        return y, h.transpose(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_y: Tensor, grad_state: Tensor) -> tuple[Tensor, ...]:
        x, dt, a_t, b, c, *starts = ctx.saved_tensors
        # What later frames add to dL/dh of a chunk's last, (B, N, D); a copy, not the caller's.
        carry = grad_state.transpose(1, 2).clone(memory_format=torch.contiguous_format)
        scratch = _Scratch(carry, x.shape[1], buffers=3)
        grad_x, grad_dt, grad_b, grad_c = (torch.empty_like(v) for v in (x, dt, b, c))
        grad_a = torch.zeros_like(carry)  # (B, N, D), summed over the batch at the end
        for span, start in zip(reversed(scratch.spans), reversed(starts), strict=True):
            x_t, dt_t, b_t, c_t, gy_t = (_time_major(v, span) for v in (x, dt, b, c, grad_y))
            u_t = dt_t * x_t  # (S, B, D)
            decay, states, grad_h = scratch.take(span)
            _run_chunk(decay, states, u_t, dt_t, a_t, b_t, start)
            grad_c[:, span] = _contract_channels(gy_t, states).transpose(0, 1)
            _run_chunk_backward(grad_h, decay, gy_t, c_t, carry)
            torch.mul(decay[0], grad_h[0], out=carry)
            grad_b[:, span] = _contract_channels(u_t, grad_h).transpose(0, 1)
            grad_u = (b_t[:, :, None] @ grad_h)[:, :, 0]  # (S, B, D)
            grad_log = _grad_log_decay(grad_h, decay, states, start)
            for frame, step in zip(grad_log, dt_t, strict=True):
                grad_a.addcmul_(frame, step[:, None])
            grad_dt[:, span] = (grad_log.mul_(a_t).sum(2) + grad_u * x_t).transpose(0, 1)
            grad_x[:, span] = (grad_u * dt_t).transpose(0, 1)
        return grad_x, grad_dt, grad_a.sum(0).t(), grad_b, grad_c, carry.transpose(1, 2)


class _Scratch:
    """Buffers of one chunk, (frames, B, N, D) each, allocated once and used for every chunk."""

    def __init__(self, state: Tensor, length: int, buffers: int) -> None:
        frames = max(1, min(_CHUNK_ELEMENTS // state.numel(), _MAX_FRAMES, length))
        self.spans = [slice(t, min(t + frames, length)) for t in range(0, length, frames)]
        self._buffers = [state.new_empty(frames, *state.shape) for _ in range(buffers)]

    def take(self, span: slice) -> list[Tensor]:
        return [buffer[: span.stop - span.start] for buffer in self._buffers]


def _time_major(value: Tensor, span: slice) -> Tensor:
    """(B, T, ...) -> the span's frames as (S, B, ...), contiguous."""
    return value[:, span].transpose(0, 1).contiguous()


def _run_chunk(
    decay: Tensor, states: Tensor, u: Tensor, dt: Tensor, a: Tensor, b: Tensor, start: Tensor
) -> None:
    """Fill ``decay`` = exp(dt A) and ``states`` h[t] = decay[t] h[t-1] + B[t] u[t]."""
    torch.mul(dt[:, :, None], a, out=decay).exp_()  # (S, B, N, D)
    torch.mul(b[..., None], u[:, :, None], out=states)
    previous = start
    for state, factor in zip(states, decay, strict=True):
        previous = state.addcmul_(factor, previous)


def _run_chunk_backward(
    grad_h: Tensor, decay: Tensor, grad_y: Tensor, c: Tensor, carry: Tensor
) -> None:
    """Fill ``grad_h``: dL/dh[t] = C[t] dL/dy[t] + decay[t+1] dL/dh[t+1]."""
    torch.mul(c[..., None], grad_y[:, :, None], out=grad_h)
    grad_h[-1] += carry
    for t in range(len(grad_h) - 2, -1, -1):
        grad_h[t].addcmul_(decay[t + 1], grad_h[t + 1])


def _grad_log_decay(grad_h: Tensor, decay: Tensor, states: Tensor, start: Tensor) -> Tensor:
    """dL/d(dt A) = dL/dh[t] decay[t] h[t-1], (S, B, N, D), in the memory of ``grad_h``."""
    grad = grad_h.mul_(decay)
    grad[1:] *= states[:-1]
    grad[0] *= start
    return grad


def _contract_channels(vectors: Tensor, matrices: Tensor) -> Tensor:
    """Sum over channels of (S, B, D) times (S, B, N, D) -> (S, B, N)."""
    return (vectors[:, :, None] @ matrices.transpose(2, 3))[:, :, 0]
