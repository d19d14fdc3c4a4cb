"""The selective scan of Mamba (Gu & Dao 2023, arXiv 2312.00752, eq. 2 and algorithm 2).

For every channel d, with state size N::

    h[t] = exp(dt[t] A) h[t-1] + dt[t] B[t] x[t]        y[t] = C[t] . h[t]

B is discretised by Euler's step, as in Mamba's code; ``hold`` takes the zero-order hold of its eq.
4, (exp(dt A) - 1) / A B. A is held by both.

Implementations of one function, chosen for each call by where the tensors are: the fused kernel of
mamba-ssm on CUDA where it is installed, a time-major loop on the CPU, and two-level chunks where
each launch is dear (MPS, CUDA without mamba-ssm). An exported graph has a loop of its own.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from math import isqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from .exported_scan import exported_scan
from .time_major_scan import time_major_scan


def selective_scan(
    x: Tensor,
    dt: Tensor,
    a: Tensor,
    b: Tensor,
    c: Tensor,
    state: Tensor | None = None,
    hold: bool = False,
) -> tuple[Tensor, Tensor]:
    """Scan a sequence from ``state`` (zeros by default).

    ``x`` (B, T, D) the input, ``dt`` (B, T, D) > 0 the time steps, ``a`` (D, N) < 0, ``b`` and
    ``c`` (B, T, N), ``state`` (B, D, N). Computed in the dtype of ``a``. Returns y (B, T, D) in
    the dtype of ``x`` and the state after the last frame (B, D, N).
    """
    kernel = fused_kernel() if x.is_cuda and state is None and not hold else None
    if kernel is not None:
        return fused_scan(kernel, x, dt, a, b, c)
    if state is None:
        state = a.new_zeros(x.shape[0], *a.shape)
    scan = time_major_scan if x.device.type == "cpu" else chunked_scan
    if hold:
        scan = held_scan
    elif torch.compiler.is_exporting():
        scan = exported_scan
    elif x.shape[1] == 1 and not torch.is_grad_enabled():
        scan = one_frame
    with torch.autocast(x.device.type, enabled=False):  # rounded sums would add up over frames
        y, last = scan(x.to(a.dtype), dt.to(a.dtype), a, b.to(a.dtype), c.to(a.dtype), state)
    return y.type_as(x), last


def one_frame(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """The scan of a single frame, as a stream steps. Shapes as in :func:`selective_scan`."""
    drive = (dt * x)[:, 0, :, None] * b  # (B, D, N)
    state = torch.addcmul(drive, torch.exp(dt[:, 0, :, None] * a), state)
    return (state @ c[:, 0, :, None]).transpose(1, 2), state


def chunked_scan(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Scan in about 2 sqrt(T) steps: all chunks side by side, then from chunk to chunk.

    Shapes as in :func:`selective_scan`. Products of decays are at most 1, so that nothing
    overflows whatever ``dt``.
    """
    return _in_chunks(x, dt, a, b, c, state, hold=False)


def held_scan(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """:func:`chunked_scan` with B by zero-order hold, (exp(dt A) - 1) / A for dt."""
    return _in_chunks(x, dt, a, b, c, state, hold=True)


def _in_chunks(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor, hold: bool
) -> tuple[Tensor, Tensor]:
    length = x.shape[1]
    size = max(1, isqrt(length))
    padding = -length % size  # padded frames have dt = 0: they leave the state as it is
    x, dt, b, c = (
        F.pad(v, (0, 0, 0, padding)).unflatten(1, (-1, size)) for v in (x, dt, b, c)
    )  # (B, chunks, size, ...)
    decay = torch.exp(dt[..., None] * a)  # (B, chunks, size, D, N)
    step = torch.expm1(dt[..., None] * a) / a if hold else dt[..., None]
    drive = step * x[..., None] * b[..., None, :]
    within, passed = _scan_within(decay, drive)
    starts, last = _scan_across(passed[:, :, -1], within[:, :, -1], state)
    states = within + passed * starts[:, :, None]
    y = (states @ c[..., None])[..., 0]  # (B, chunks, size, D)
    return y.flatten(1, 2)[:, :length], last


def _scan_within(decay: Tensor, drive: Tensor) -> tuple[Tensor, Tensor]:
    """States of every chunk begun from zero, and the product of decays up to each frame."""
    states, products = [drive[:, :, 0]], [decay[:, :, 0]]
    for t in range(1, decay.shape[2]):
        states.append(decay[:, :, t] * states[-1] + drive[:, :, t])
        products.append(decay[:, :, t] * products[-1])
    return torch.stack(states, 2), torch.stack(products, 2)


def _scan_across(decay: Tensor, drive: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """State at the start of every chunk (B, chunks, D, N) and after the last (B, D, N)."""
    starts = [state]
    for chunk in range(decay.shape[1]):
        starts.append(decay[:, chunk] * starts[-1] + drive[:, chunk])
    return torch.stack(starts[:-1], 1), starts[-1]


def fused_scan(
    kernel: Callable[..., tuple[Tensor, Tensor]],
    x: Tensor,
    dt: Tensor,
    a: Tensor,
    b: Tensor,
    c: Tensor,
) -> tuple[Tensor, Tensor]:
    """mamba-ssm's kernel, which wants (B, channels, T)."""
    x_c, dt_c, b_c, c_c = (v.to(x.dtype).transpose(1, 2).contiguous() for v in (x, dt, b, c))
    y, last = kernel(x_c, dt_c, a, b_c, c_c, return_last_state=True)
    return y.transpose(1, 2), last


@cache
def fused_kernel() -> Callable[..., tuple[Tensor, Tensor]] | None:
    """mamba-ssm's function, or None where it is not installed."""
    try:
        module = import_module("mamba_ssm.ops.selective_scan_interface")
    except ImportError:  # not installed, or without its compiled extension
        return None
    kernel: Callable[..., tuple[Tensor, Tensor]] = module.selective_scan_fn
    return kernel
