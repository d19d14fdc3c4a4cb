"""Mixture of experts with a softmax router (JambaTalk eq. 4-5; Shazeer et al. 2017).

Eq. 5 weighs the chosen experts by the router's probabilities as they are; the release divides these
by their sum, and so does this, unless ``plain`` is set.

Tokens are sorted by expert, so that the cost follows ``top_k``, not the number of experts.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_FEW = 4  # tokens that a stream gives at once


class MixtureOfExperts(nn.Module):
    """``top_k`` of ``experts`` gated feed-forward networks for each token."""

    def __init__(
        self, dim: int, hidden: int, experts: int, top_k: int, plain: bool = False
    ) -> None:
        super().__init__()
        self.top_k, self.plain = top_k, plain
        self.router = nn.Linear(dim, experts, bias=False)
        self.gate_up = nn.Parameter(torch.empty(experts, dim, 2 * hidden))
        self.down = nn.Parameter(torch.empty(experts, hidden, dim))
        nn.init.uniform_(self.gate_up, -(dim**-0.5), dim**-0.5)
        nn.init.uniform_(self.down, -(hidden**-0.5), hidden**-0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(..., dim) -> the experts' weighted sum (..., dim) and the load-balance loss ()."""
        tokens = x.flatten(0, -2)  # (n, dim)
        probabilities = self.router(tokens).float().softmax(dim=-1)  # (n, experts)
        weights, chosen = route(probabilities, self.top_k, self.plain)  # (n, k) each
        run = self._way(tokens)
        mixed = run(tokens, weights.type_as(x), chosen)  # (n, dim)
        return mixed.view_as(x), load_balance_loss(probabilities, chosen)

    def _way(self, tokens: Tensor) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """How the experts are run: for an exported graph, for a few tokens, or for many."""
        if torch.compiler.is_exporting():  # which must not look at how many there are
            return self._run_all_experts
        few = tokens.shape[0] <= _FEW and not torch.is_grad_enabled()
        return self._run_side_by_side if few else self._run_experts

    def _run_experts(self, tokens: Tensor, weights: Tensor, chosen: Tensor) -> Tensor:
        """The weighted sum of each token's chosen experts: (n, dim), (n, k) twice -> (n, dim)."""
        order = chosen.flatten().argsort(stable=True)  # (n k), token-expert pairs by expert
        counts = chosen.flatten().bincount(minlength=len(self.gate_up)).tolist()
        groups = tokens[order // self.top_k].split(counts)  # one (count, dim) an expert
        parts = [self._expert(index, group) for index, group in enumerate(groups)]
        outputs = torch.cat(parts)[order.argsort()].view(*chosen.shape, -1)  # (n, k, dim)
        return (weights[:, None] @ outputs)[:, 0]

    def _run_side_by_side(self, tokens: Tensor, weights: Tensor, chosen: Tensor) -> Tensor:
        """:meth:`_run_experts` for a few tokens: sorting them costs more than all experts."""
        shares = weights.new_zeros(len(tokens), len(self.gate_up)).scatter(1, chosen, weights)
        gate, up = (tokens @ self.gate_up).chunk(2, dim=-1)  # (experts, n, hidden) each
        outputs = F.silu(gate) * up @ self.down  # (experts, n, dim)
        return (shares.t()[..., None] * outputs).sum(dim=0)

    def _run_all_experts(self, tokens: Tensor, weights: Tensor, chosen: Tensor) -> Tensor:
        """:meth:`_run_experts` where shapes must not follow the data, as in an exported graph."""
        shares = weights.new_zeros(tokens.shape[0], len(self.gate_up)).scatter(1, chosen, weights)
        parts = [
            shares[:, index, None] * self._expert(index, tokens)
            for index in range(len(self.gate_up))
        ]
        return torch.stack(parts).sum(dim=0)

    def _expert(self, index: int, tokens: Tensor) -> Tensor:
        """One expert's feed-forward network: (n, dim) -> (n, dim)."""
        gate, up = (tokens @ self.gate_up[index]).chunk(2, dim=-1)  # (n, hidden) each
        return F.silu(gate) * up @ self.down[index]


def route(probabilities: Tensor, top_k: int, plain: bool = False) -> tuple[Tensor, Tensor]:
    """The ``top_k`` likeliest experts of each token: weights summing to 1, and indices (n, k).

    ``plain`` weights are the probabilities, which sum to less.
    """
    top, chosen = probabilities.topk(top_k, dim=-1)
    return top if plain else top / (top.sum(dim=-1, keepdim=True) + 1e-9), chosen


def load_balance_loss(probabilities: Tensor, chosen: Tensor) -> Tensor:
    """Auxiliary loss of the Switch Transformer (Fedus et al. 2021, eq. 4), 1 when balanced.

    ``probabilities`` (n, experts) of the router and ``chosen`` (n, k) experts: the number of
    experts times the sum over experts of (share of the choices) x (mean probability).
    """
    experts = probabilities.shape[-1]
    share = F.one_hot(chosen, experts).flatten(0, 1).float().mean(dim=0)
    return experts * (share * probabilities.mean(dim=0)).sum()
