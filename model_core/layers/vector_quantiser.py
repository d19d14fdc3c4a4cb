"""Vector quantisation (van den Oord et al. 2017, arXiv 1711.00937) that revives dead codes."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class QuantiserConfig:
    """Shape of a `VectorQuantiser`."""

    codes: int = 256
    width: int = 64  # C of a code
    commitment: float = 0.25  # weight of |Z - sg Zq|²
    patience: int = 200  # training steps that a code may go unused before it is put elsewhere


class Quantised(NamedTuple):
    """Vectors as codes."""

    vectors: Tensor  # (..., C), the nearest codes, with the gradient of what they stand for
    indices: Tensor  # (...), which they are
    loss: Tensor  # ()


class VectorQuantiser(nn.Module):
    """Each vector's nearest code of one codebook."""

    idle: Tensor  # (codes,), training steps since each code was used

    def __init__(self, config: QuantiserConfig) -> None:
        super().__init__()
        self.config = config
        self.codebook = nn.Embedding(config.codes, config.width)
        nn.init.uniform_(self.codebook.weight, -1 / config.codes, 1 / config.codes)
        self.register_buffer("idle", torch.zeros(config.codes, dtype=torch.int64))

    def forward(self, z: Tensor) -> Quantised:
        """Quantise z (..., C); in training, revive codes first that nobody uses."""
        z = z.float()  # codes are chosen in training as exactly as when motion is drawn
        if self.training:
            self._revive(z.detach().flatten(0, -2))
        indices = self.nearest(z)  # (...)
        if self.training:
            self.idle += 1
            self.idle[indices.unique()] = 0
        codes = self.codebook(indices)  # (..., C)
        taught, committed = F.mse_loss(codes, z.detach()), F.mse_loss(z, codes.detach())
        loss = taught + self.config.commitment * committed
        straight = z + (codes - z).detach()  # the gradient passes as if nothing had been rounded
        return Quantised(straight, indices, loss)

    @torch.no_grad()
    def nearest(self, z: Tensor) -> Tensor:
        """Return the codes (...) nearest to z (..., C), in single precision whatever is around."""
        with torch.autocast(z.device.type, enabled=False):
            return nearest_codes(z, self.codebook.weight)

    def decode(self, indices: Tensor) -> Tensor:
        """Return codes (..., C) by their indices (...)."""
        codes: Tensor = self.codebook(indices)
        return codes

    @torch.no_grad()
    def _revive(self, z: Tensor) -> None:
        """Put codes long unused where vectors (n, C) of this step are, chosen at random."""
        dead = torch.nonzero(self.idle >= self.config.patience)[:, 0]
        chosen = torch.randint(len(z), (len(dead),), device=z.device)
        self.codebook.weight[dead] = z[chosen]
        self.idle[dead] = 0


def nearest_codes(z: Tensor, book: Tensor) -> Tensor:
    """Return which of the codes (codes, C) is nearest to each of z (..., C)."""
    return (book.square().sum(dim=1) - 2 * z @ book.T).argmin(dim=-1)


def perplexity(indices: Tensor, codes: int) -> Tensor:
    """Return how many codes are in use, (): e to the entropy (nats) of their shares."""
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.special.entr(shares).sum().exp()
