"""The decoder of the authors' release: one M, one E and one T module, run in a written order.

``M`` is a Mamba block, ``E`` a Mamba block with a mixture of experts, ``T`` a Transformer layer.
Repeats of a letter share their weights, and unlike our own ``JambaTalk`` the stack has no norm or
residual of its own. Parameters have the release's names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...base.errors import UserError
from ...layers.mamba import Mamba
from ...layers.moe import route
from ...layers.rope import LowRankRotaryEmbedding, rotate


@dataclass(frozen=True, kw_only=True)
class MambaSize:
    """Size of one Mamba block."""

    d_state: int
    d_conv: int
    expand: int

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], prefix: str) -> Self:
        """Read from the shapes of a block's parameters."""
        d_inner, d_state = weights[f"{prefix}.A_log"].shape
        d_model = weights[f"{prefix}.out_proj.weight"].shape[0]
        d_conv = weights[f"{prefix}.conv1d.weight"].shape[-1]
        return cls(d_state=d_state, d_conv=d_conv, expand=d_inner // d_model)


@dataclass(frozen=True, kw_only=True)
class ReleaseDecoderConfig:
    """Sizes of a :class:`ReleaseDecoder`; defaults are those of the VOCASET release.

    Raises:
        UserError: the order has another letter than M, E, T, or sizes do not go together.
    """

    inputs: int = 1024
    dim: int = 512
    outputs: int = 5023 * 3
    order: str = "METEME"
    heads: int = 8
    mamba: MambaSize = MambaSize(d_state=16, d_conv=4, expand=2)
    moe_mamba: MambaSize = MambaSize(d_state=8, d_conv=8, expand=2)
    experts: int = 2
    expert_hidden: int = 2048
    feed_forward: int = 2048
    rope_rank: int = 16

    def __post_init__(self) -> None:
        if not self.order or set(self.order) - set("MET"):
            raise UserError(f"The layer order {self.order!r} must consist of the letters M, E, T.")
        if self.heads < 1 or self.dim % self.heads or self.dim % 2:
            raise UserError(f"{self.heads} attention heads do not divide a width of {self.dim}.")
        if self.experts < 2:
            raise UserError("A mixture needs at least two experts.")

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], order: str, heads: int) -> Self:
        """Read the sizes from the weights' shapes.

        Raises:
            UserError: a weight is missing or has the wrong number of axes.
        """
        try:
            dim, inputs = weights["audio_feature_map.weight"].shape
            experts, _, expert_hidden = weights["mamba_moe.moe.experts.w1"].shape
            return cls(
                inputs=inputs,
                dim=dim,
                outputs=weights["vertice_map_r.weight"].shape[0],
                order=order,
                heads=heads,
                mamba=MambaSize.of(weights, "mamba"),
                moe_mamba=MambaSize.of(weights, "mamba_moe.mamba"),
                experts=experts,
                expert_hidden=expert_hidden,
                feed_forward=weights["transformer_decoder.linear1.weight"].shape[0],
                rope_rank=weights["transformer_decoder.lrl_rope.proj.0.weight"].shape[0],
            )
        except KeyError as error:
            raise UserError(f"The decoder lacks weight {error}.") from error
        except (ValueError, IndexError, ZeroDivisionError) as error:
            raise UserError(f"The decoder is misshapen ({error}).") from error


class ReleaseDecoder(nn.Module):
    """Encoder features -> vertex offsets from the neutral face, as the release computes them."""

    def __init__(self, config: ReleaseDecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.audio_feature_map = nn.Linear(config.inputs, config.dim)
        self.mamba = _mamba(config.dim, config.mamba)
        self.mamba_moe = MambaExperts(config)
        self.transformer_decoder = PostNormTransformer(config)
        self.vertice_map_r = nn.Linear(config.dim, config.outputs)

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, inputs) -> (B, T, outputs)."""
        return dict(self.stages(features))["output"]

    def stages(self, features: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Every stage's name and result in turn, the last being ``output``."""
        modules = {"M": self.mamba, "E": self.mamba_moe, "T": self.transformer_decoder}
        x = self.audio_feature_map(features)  # (B, T, dim)
        yield "audio_feature_map", x
        for index, letter in enumerate(self.config.order):
            x = modules[letter](x)
            yield f"{index}_{letter}", x
        yield "output", self.vertice_map_r(x)  # (B, T, outputs)


class MambaExperts(nn.Module):
    """E: normalise, Mamba with a residual, normalise, experts with a residual around all."""

    def __init__(self, config: ReleaseDecoderConfig) -> None:
        super().__init__()
        self.mamba = _mamba(config.dim, config.moe_mamba)
        self.moe = Experts(config.dim, config.expert_hidden, config.experts)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        normed = _unit_norm(x)
        return self.moe(_unit_norm(self.mamba(normed) + normed)) + x


class Experts(nn.Module):
    """Two experts a token, weighted by a softmax gate; ReLU networks without biases.

    The release drops the second expert at random where its weight is below 0.2; here it always
    stays, so that a clip always gives the same motion.
    """

    def __init__(self, dim: int, hidden: int, experts: int) -> None:
        super().__init__()
        self.gate = nn.ParameterDict({"w_gating": torch.zeros(dim, experts)})
        self.experts = nn.ParameterDict(
            {"w1": torch.zeros(experts, dim, hidden), "w2": torch.zeros(experts, hidden, dim)}
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        probabilities = (x @ self.gate["w_gating"]).softmax(dim=-1)  # (B, T, experts)
        weights, chosen = route(probabilities, top_k=2)  # (B, T, 2) each
        gates = torch.zeros_like(probabilities).scatter(-1, chosen, weights)
        hidden = F.relu(x[:, None] @ self.experts["w1"])  # (B, experts, T, hidden)
        outputs = hidden @ self.experts["w2"]  # (B, experts, T, dim)
        return torch.einsum("bte,betd->btd", gates, outputs)


class PostNormTransformer(nn.Module):
    """T: a Transformer layer with its norms after the residuals and LRL-RoPE over its full width.

    Sines and cosines turn queries and keys before these are split into heads.
    """

    def __init__(self, config: ReleaseDecoderConfig) -> None:
        super().__init__()
        dim = config.dim
        self.heads = config.heads
        self.q_proj, self.k_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.v_proj, self.out_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.lrl_rope = LowRankRotaryEmbedding(dim, config.rope_rank)
        self.linear1 = nn.Linear(dim, config.feed_forward)
        self.linear2 = nn.Linear(config.feed_forward, dim)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        sine, cosine = self.lrl_rope(torch.arange(x.shape[1], device=x.device))
        q, k = rotate(self.q_proj(x), sine, cosine), rotate(self.k_proj(x), sine, cosine)
        split = [
            each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in (q, k, self.v_proj(x))
        ]  # (B, heads, T, head_dim) each
        mixed = F.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)
        x = self.norm1(x + self.out_proj(mixed))
        return self.norm2(x + self.linear2(F.relu(self.linear1(x))))


def _mamba(dim: int, size: MambaSize) -> Mamba:
    return Mamba(dim, size.d_state, size.d_conv, size.expand)


def _unit_norm(x: Tensor) -> Tensor:
    """The release's norm: a unit vector times dim to the minus a half, without a gain."""
    return F.normalize(x, dim=-1, eps=1e-12) * x.shape[-1] ** -0.5
