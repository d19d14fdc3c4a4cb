"""The selective scan as a graph can hold it: one frame's step, repeated by the graph's own loop."""

import torch
from torch import Tensor
from torch._higher_order_ops.scan import scan

Frame = tuple[Tensor, Tensor, Tensor, Tensor]


def exported_scan(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Run the scan of :func:`.selective_scan.selective_scan`; ONNX's operator Scan once exported.

    Shapes as there. torch.export would unroll a loop in Python for one length of clip.
    """

    def step(h: Tensor, frame: Frame) -> tuple[Tensor, Tensor]:
        dt_t, drive, b_t, c_t = frame  # (B, D), (B, D), (B, N), (B, N)
        h = torch.exp(dt_t[..., None] * a) * h + drive[..., None] * b_t[:, None]  # (B, D, N)
        return h, (h @ c_t[..., None])[..., 0]  # (B, D)

    frames = tuple(value.transpose(0, 1) for value in (dt, dt * x, b, c))  # (T, B, ...)
    last, y = scan(step, state, frames)
    return y.transpose(0, 1), last
