"""Stage 2: speech, a style and what is known of the parts -> each part's latents and codes.

Section 3.3 of the paper: a global scan joins what is heard and what the parts do; local scans go
through it once more for each part. All are stacks of the default model's Jamba layers.

- What is heard: features of the frozen speech encoder instead of the paper's waveform encoder with
  text; its two gates of section 3.1 weigh text against sound and have nothing to do here.
- What is known of a part: latents of its prior, with a learned query where it is hidden (the
  paper encodes masked motion instead).
- Places: attention's rotary ones, instead of periodic ones that are added.
"""

from collections.abc import Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from ...layers.block import JambaLayer
from ...layers.norm import RMSNorm
from ...layers.standardise import Standardise
from ..jambatalk.network import jamba_layer
from .config import MambaTalkConfig, PriorConfig, ScanConfig
from .prior import folded

Latents = Mapping[str, Tensor]
"""By part, (B, n, H, C)."""
Hidden = Mapping[str, Tensor]
"""By part, (B, n, H) bool: which codes are not known."""


class PartGuess(NamedTuple):
    """What the scans say of a part."""

    latents: Tensor  # (B, n, H, C)
    logits: Tensor  # (B, n, H, codes)


class Scans(nn.Module):
    """The global scan and the local ones behind it."""

    def __init__(self, config: MambaTalkConfig) -> None:
        super().__init__()
        self.config, sizes = config, config.scans
        self.standardise = Standardise(sizes.inputs)
        self.hear = nn.Linear(sizes.fold * sizes.inputs, sizes.width)
        self.speech = Stack(sizes.speech, sizes)
        self.known = nn.ModuleDict({part: Known(it, sizes) for part, it in config.priors.items()})
        self.body = Stack(sizes.body, sizes)
        self.mix = nn.Linear(2 * sizes.width, sizes.width)
        self.joint = Stack(sizes.joint, sizes)
        self.style = nn.Embedding(sizes.styles, sizes.width)
        self.local = nn.ModuleDict(
            {part: LocalScan(it, sizes) for part, it in config.priors.items()}
        )

    def forward(
        self, features: Tensor, style: Tensor, latents: Latents, hidden: Hidden
    ) -> tuple[dict[str, PartGuess], Tensor]:
        """Return what each part's latents and codes are taken to be, and the load-balance loss ().

        Args:
            features: (B, T, inputs) of the speech.
            style: (B, styles), shares that add to 1.
            latents: what the parts' are; only where they are not hidden does it count.
            hidden: which are not known.
        """
        heard, losses = self.speech(self.hear(self._tokens(features)))  # (B, n, width)
        own = {part: self._known(part)(latents[part], hidden[part]) for part in self.known}
        body, more = self.body(torch.stack(list(own.values())).sum(dim=0))
        joined, most = self.joint(self.mix(torch.cat([heard, body], dim=-1)))
        spoken = joined + (style @ self.style.weight)[:, None]
        guesses = {part: self._local(part)(own[part], spoken) for part in self.local}
        balance = [*losses, *more, *most]
        return guesses, torch.stack(balance).mean() if balance else joined.new_zeros(())

    def _tokens(self, features: Tensor) -> Tensor:
        return folded(self.standardise(features), self.config.scans.fold)

    def _known(self, part: str) -> "Known":
        return cast(Known, self.known[part])

    def _local(self, part: str) -> "LocalScan":
        return cast(LocalScan, self.local[part])


class Known(nn.Module):
    """What is known of a part: its latents, and a learned query where they are hidden."""

    def __init__(self, prior: PriorConfig, sizes: ScanConfig) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(prior.groups, prior.code_width))
        self.embed = nn.Linear(prior.latent, sizes.width)
        nn.init.normal_(self.query, std=0.02)

    def forward(self, latents: Tensor, hidden: Tensor) -> Tensor:
        """Latents (B, n, H, C) and hidden (B, n, H) -> (B, n, width)."""
        seen = torch.where(hidden[..., None], self.query, latents)
        embedded: Tensor = self.embed(seen.flatten(2))
        return embedded


class LocalScan(nn.Module):
    """A part's own scan: it sees the part and the global scan, no other part."""

    def __init__(self, prior: PriorConfig, sizes: ScanConfig) -> None:
        super().__init__()
        self.groups = prior.groups
        self.mix = nn.Linear(2 * sizes.width, sizes.width)
        self.stack = Stack(sizes.local, sizes)
        self.norm = RMSNorm(sizes.width)
        self.latents = nn.Linear(sizes.width, prior.latent)
        self.codes = nn.Linear(sizes.width, prior.groups * prior.codes)

    def forward(self, own: Tensor, joined: Tensor) -> PartGuess:
        """What is known of the part, and the global scan, (B, n, width) each."""
        x, _ = self.stack(self.mix(torch.cat([own, joined], dim=-1)))
        x = self.norm(x)
        latents, logits = (
            layer(x).unflatten(-1, (self.groups, -1)) for layer in (self.latents, self.codes)
        )
        return PartGuess(latents, logits)


class Stack(nn.Module):
    """The default model's layers one after another."""

    def __init__(self, kinds: str, sizes: ScanConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(jamba_layer(kind, sizes.layer()) for kind in kinds)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(B, n, width) -> the same, and the load-balance losses of layers with experts."""
        losses = []
        for layer in cast(list[JambaLayer], list(self.layers)):
            x, loss = layer(x)
            losses += [] if loss is None else [loss]
        return x, losses
