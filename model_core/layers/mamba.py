"""The Mamba block (Gu & Dao 2023, arXiv 2312.00752, figure 3).

Parameters have mamba_ssm's names and shapes, so that checkpoints load both ways.
"""

from math import log
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .selective_scan import selective_scan

_FEW = 8  # frames that a stream gives at once


class MambaState(NamedTuple):
    """What a Mamba block carries from one frame to the next."""

    conv: Tensor  # (B, d_conv - 1, d_inner), the latest inputs of the convolution
    ssm: Tensor  # (B, d_inner, d_state)


class Mamba(nn.Module):
    """Gated selective state space model: causal, linear in the number of frames."""

    def __init__(
        self,
        d_model: int,
        d_state: int = 16,
        d_conv: int = 4,
        expand: int = 2,
        hold: bool = False,
    ) -> None:
        super().__init__()
        self.hold = hold  # B by the zero-order hold of Mamba's eq. 4, not by Euler's step
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
        return self.advance(x, None)[0]

    def advance(self, x: Tensor, state: MambaState | None) -> tuple[Tensor, MambaState]:
        """The next frames of a stream: (B, n, d_model) and the state before them -> both after."""
        u, z = self.in_proj(x).chunk(2, dim=-1)  # (B, n, d_inner) each
        before, ssm = (self._no_inputs(len(x)), None) if state is None else state
        heard = torch.cat((before, u), dim=1)  # (B, d_conv - 1 + n, d_inner)
        u = F.silu(self._convolve(heard))
        y, ssm = selective_scan(u, *self._selection(u), ssm, self.hold)
        y = self.out_proj((y + self.D * u) * F.silu(z))  # (B, n, d_model)
        return y, MambaState(heard[:, x.shape[1] :], ssm)

    def init_state(self, batch: int) -> MambaState:
        """The state before the first frame."""
        return MambaState(self._no_inputs(batch), self.A_log.new_zeros(batch, *self.A_log.shape))

    def _no_inputs(self, batch: int) -> Tensor:
        """What the convolution hears before the first frame, (B, d_conv - 1, d_inner)."""
        weight = self.conv1d.weight  # (d_inner, 1, d_conv)
        return weight.new_zeros(batch, weight.shape[2] - 1, weight.shape[0])

    def _convolve(self, u: Tensor) -> Tensor:
        """Depthwise convolution of (B, T + d_conv - 1, d_inner) -> (B, T, d_inner).

        A few frames cost less as a sum than the setting up of a convolution.
        """
        taps = self.conv1d.weight.shape[2]
        if not torch.compiler.is_exporting() and u.shape[1] - taps < _FEW:
            windows = u.unfold(1, taps, 1)  # (B, T, d_inner, d_conv)
            return (windows * self.conv1d.weight[:, 0]).sum(-1) + cast(Tensor, self.conv1d.bias)
        return self.conv1d(u.transpose(1, 2).contiguous()).transpose(1, 2)

    def _selection(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The input-dependent dt (..., d_inner), A (d_inner, d_state), B and C (..., d_state)."""
        low_rank, b, c = self.x_proj(u).split(self.splits, dim=-1)
        return F.softplus(self.dt_proj(low_rank)), -torch.exp(self.A_log.float()), b, c

    @torch.no_grad()
    def _initialise_time_steps(self, low: float = 1e-3, high: float = 0.1) -> None:
        """Draw dt log-uniformly in [low, high] through dt_proj's bias (Mamba, section 3.6)."""
        scale = self.dt_proj.in_features**-0.5
        nn.init.uniform_(self.dt_proj.weight, -scale, scale)
        steps = torch.exp(torch.empty_like(self.dt_proj.bias).uniform_(log(low), log(high)))
        self.dt_proj.bias.copy_(steps + torch.log(-torch.expm1(-steps)))  # softplus inverse
