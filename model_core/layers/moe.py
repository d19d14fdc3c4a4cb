"""Mixture of experts with a softmax router (JambaTalk eq. 4-5; Shazeer et al. 2017).

Tokens are sorted by expert, so that the cost follows ``top_k``, not the number of experts.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MixtureOfExperts(nn.Module):
    """``top_k`` of ``experts`` gated feed-forward networks for each token."""

    def __init__(self, dim: int, hidden: int, experts: int, top_k: int) -> None:
        super().__init__()
        self.top_k = top_k
        self.router = nn.Linear(dim, experts, bias=False)
        self.gate_up = nn.Parameter(torch.empty(experts, dim, 2 * hidden))
        self.down = nn.Parameter(torch.empty(experts, hidden, dim))
        nn.init.uniform_(self.gate_up, -(dim**-0.5), dim**-0.5)
        nn.init.uniform_(self.down, -(hidden**-0.5), hidden**-0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(..., dim) -> the experts' weighted sum (..., dim) and the load-balance loss ()."""
        tokens = x.flatten(0, -2)  # (n, dim)
        probabilities = self.router(tokens).float().softmax(dim=-1)  # (n, experts)
        weights, chosen = route(probabilities, self.top_k)  # (n, k) each
        outputs = self._run_experts(tokens, chosen)  # (n, k, dim)
        mixed = (weights.type_as(x)[:, None] @ outputs)[:, 0]  # (n, dim)
        return mixed.view_as(x), load_balance_loss(probabilities, chosen)

    def _run_experts(self, tokens: Tensor, chosen: Tensor) -> Tensor:
        """Each token through each of its chosen experts: (n, dim), (n, k) -> (n, k, dim)."""
        order = chosen.flatten().argsort(stable=True)  # (n k), token-expert pairs by expert
        counts = chosen.flatten().bincount(minlength=len(self.gate_up)).tolist()
        groups = tokens[order // self.top_k].split(counts)  # one (count, dim) an expert
        outputs = torch.cat(
            [
                F.silu(gate) * up @ down
                for group, gate_up, down in zip(groups, self.gate_up, self.down, strict=True)
                for gate, up in [(group @ gate_up).chunk(2, dim=-1)]
            ]
        )  # (n k, dim), by expert
        return outputs[order.argsort()].view(*chosen.shape, -1)


def route(probabilities: Tensor, top_k: int) -> tuple[Tensor, Tensor]:
    """The ``top_k`` likeliest experts of each token: weights summing to 1, and indices (n, k)."""
    top, chosen = probabilities.topk(top_k, dim=-1)
    return top / (top.sum(dim=-1, keepdim=True) + 1e-9), chosen


def load_balance_loss(probabilities: Tensor, chosen: Tensor) -> Tensor:
    """Auxiliary loss of the Switch Transformer (Fedus et al. 2021, eq. 4), 1 when balanced.

    ``probabilities`` (n, experts) of the router and ``chosen`` (n, k) experts: the number of
    experts times the sum over experts of (share of the choices) x (mean probability).
    """
    experts = probabilities.shape[-1]
    share = chosen.flatten().bincount(minlength=experts) / chosen.numel()
    return experts * (share * probabilities.mean(dim=0)).sum()
