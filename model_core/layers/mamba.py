"""The Mamba block (Gu & Dao 2023, arXiv 2312.00752, figure 3).

Parameters have mamba_ssm's names and shapes, so that checkpoints load both ways.
"""

from math import log
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .selective_scan import scan_step, selective_scan


class MambaState(NamedTuple):
    """What a Mamba block carries from one frame to the next."""

    conv: Tensor  # (B, d_conv - 1, d_inner), the latest inputs of the convolution
    ssm: Tensor  # (B, d_inner, d_state)


class Mamba(nn.Module):
    """Gated selective state space model: causal, linear in the number of frames."""

    def __init__(self, d_model: int, d_state: int = 16, d_conv: int = 4, expand: int = 2) -> None:
        super().__init__()
        d_inner, dt_rank = expand * d_model, -(-d_model // 16)
        self.splits = [dt_rank, d_state, d_state]
        self.in_proj = nn.Linear(d_model, 2 * d_inner, bias=False)
        self.conv1d = nn.Conv1d(d_inner, d_inner, d_conv, groups=d_inner)
        self.x_proj = nn.Linear(d_inner, sum(self.splits), bias=False)
        self.dt_proj = nn.Linear(dt_rank, d_inner)
        self.A_log = nn.Parameter(torch.arange(1.0, d_state + 1).log().repeat(d_inner, 1))
        self.D = nn.Parameter(torch.ones(d_inner))
        self.out_proj = nn.Linear(d_inner, d_model, bias=False)
        self._initialise_time_steps()

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d_model) -> (B, T, d_model)."""
        u, z = self.in_proj(x).chunk(2, dim=-1)  # (B, T, d_inner) each
        u = F.silu(self._convolve(F.pad(u, (0, 0, self.conv1d.kernel_size[0] - 1, 0))))
        y, _ = selective_scan(u, *self._selection(u))
        return self._readout(y, u, z)

    def step(self, x: Tensor, state: MambaState) -> tuple[Tensor, MambaState]:
        """One frame: (B, d_model) and the state before it -> (B, d_model) and the state after."""
        u, z = self.in_proj(x).chunk(2, dim=-1)  # (B, d_inner) each
        window = torch.cat((state.conv, u[:, None]), dim=1)  # (B, d_conv, d_inner)
        u = F.silu(self._convolve(window)[:, 0])
        y, ssm = scan_step(u, *self._selection(u), state.ssm)
        return self._readout(y, u, z), MambaState(window[:, 1:], ssm)

    def init_state(self, batch: int) -> MambaState:
        """The state before the first frame."""
        d_inner, d_state = self.A_log.shape
        frames = self.conv1d.kernel_size[0] - 1
        return MambaState(
            self.A_log.new_zeros(batch, frames, d_inner),
            self.A_log.new_zeros(batch, d_inner, d_state),
        )

    def _convolve(self, u: Tensor) -> Tensor:
        """Depthwise convolution of (B, T + d_conv - 1, d_inner) -> (B, T, d_inner)."""
        return self.conv1d(u.transpose(1, 2).contiguous()).transpose(1, 2)

    def _selection(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The input-dependent dt (..., d_inner), A (d_inner, d_state), B and C (..., d_state)."""
        low_rank, b, c = self.x_proj(u).split(self.splits, dim=-1)
        return F.softplus(self.dt_proj(low_rank)), -torch.exp(self.A_log.float()), b, c

    def _readout(self, y: Tensor, u: Tensor, z: Tensor) -> Tensor:
        return self.out_proj((y + self.D * u) * F.silu(z))

    @torch.no_grad()
    def _initialise_time_steps(self, low: float = 1e-3, high: float = 0.1) -> None:
        """Draw dt log-uniformly in [low, high] through dt_proj's bias (Mamba, section 3.6)."""
        scale = self.dt_proj.in_features**-0.5
        nn.init.uniform_(self.dt_proj.weight, -scale, scale)
        steps = torch.exp(torch.empty_like(self.dt_proj.bias).uniform_(log(low), log(high)))
        self.dt_proj.bias.copy_(steps + torch.log(-torch.expm1(-steps)))  # softplus inverse
