"""What both stages learn: the stochastic teacher's differences from the plain one.

He speaks known phones in so many manners a clip, as far from plain as takes go, boundaries a little
early or late included; mouthClose is left out, since what closes lips is seen to by every take.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ...articulation.manner import draw_manner, speak
from ...articulation.rules import articulate
from ...articulation.styles import Style, find_style
from ...base.arrays import Array
from ...layers.vector_quantiser import perplexity
from ...models.gld_takes.network import DifferenceSpace, TakesDiffusion
from ...performance.manners import OF_TAKES
from ...rig.shapes import SPEECH_SHAPES
from ..bundled.spoken import SpokenClip, SpokenSplit, drawn_style
from ..glditalker.losses import latent_losses
from ..loop import Batch, on_device
from ..tracked.data import FPS

_CLIPS, _MOST_LATENTS = 8, 120  # in a batch; of each
_MANNERS = 32  # that a clip is spoken in: kept, since to speak costs as much as to learn from it
_LEVELS = 4  # of noise at which a clip is validated


class Differences:
    """Draws batches from clips of which some are kept aside.

    Args:
        clips: to draw from.
        styles: names of the plain model's.
        fold: frames in one of its tokens, and in a latent.
        seed: of all that is drawn.
    """

    def __init__(
        self, clips: Sequence[SpokenClip], styles: Sequence[str], fold: tuple[int, int], seed: int
    ) -> None:
        self.clips, self._numbers = SpokenSplit(clips), {clip: n for n, clip in enumerate(clips)}
        self._kept: dict[tuple[int, int], tuple[int, NDArray[np.float16]]] = {}
        self.styles, self.seed = styles, seed
        self.fold, self.tokens = fold[1], fold[1] // fold[0]  # frames and tokens in a latent

    def batch(self, step: int, part: int) -> Batch:
        """Return `differences` (B, T, K), `tokens` (B, n, ...) and `style` (B, styles)."""
        rng = np.random.default_rng([self.seed, step, part])
        return self.drawn(self.clips.picked(_CLIPS, rng), rng)

    def drawn(self, clips: Sequence[SpokenClip], rng: np.random.Generator) -> Batch:
        """Speak clips in a manner each, cut to one length."""
        latents = min(_MOST_LATENTS, *(each.seen.shape[1] // self.tokens for each in clips))
        parts = [self._spoken(each, latents, rng) for each in clips]
        names = ("differences", "tokens", "style")
        return {n: torch.stack(p) for n, p in zip(names, zip(*parts, strict=True), strict=True)}

    def aside(self) -> list[Batch]:
        """Return the clips kept aside, always in the same manners."""
        rng = np.random.default_rng(self.seed)
        return [self.drawn([clip], rng) for clip in self.clips.validation]

    def _spoken(
        self, clip: SpokenClip, latents: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        index, difference = self._in_manner(clip, int(rng.integers(_MANNERS)))
        first = int(rng.integers(clip.seen.shape[1] // self.tokens - latents + 1))
        seen = clip.seen[index, first * self.tokens : (first + latents) * self.tokens]
        frames = slice(first * self.fold, (first + latents) * self.fold)
        chosen = F.one_hot(torch.tensor(index), len(self.styles)).float()
        told = seen.float().reshape(latents, -1)
        return torch.from_numpy(difference[frames]).float(), told, chosen

    def _in_manner(self, clip: SpokenClip, manner: int) -> tuple[int, NDArray[np.float16]]:
        """Return the style that one of a clip's manners is near, and the difference (T, K)."""
        key = self._numbers[clip], manner
        if key not in self._kept:
            rng = np.random.default_rng([self.seed, *key])
            index = drawn_style(len(self.styles), rng)
            made = _difference(clip, find_style(self.styles[index]), rng)
            self._kept[key] = index, made.astype(np.float16)
        return self._kept[key]


def _difference(clip: SpokenClip, style: Style, rng: np.random.Generator) -> Array:
    """Return what a clip's motion (T, K) in a manner drawn near a style differs by from plain."""
    seconds = len(clip.level) / FPS
    plain = articulate(clip.phones, seconds, FPS, style, clip.level)
    manner = draw_manner(style, rng, OF_TAKES)
    difference = speak(clip.phones, seconds, FPS, manner, clip.level) - plain
    difference[:, SPEECH_SHAPES.index("mouthClose")] = 0.0
    return difference


class SpaceTask:
    """Stage 1: differences through the quantised space and back."""

    def __init__(self, drawn: Differences) -> None:
        self.drawn = drawn

    def batch(self, step: int, part: int) -> Batch:
        """Return a batch of differences."""
        return self.drawn.batch(step, part)

    def loss(self, model: DifferenceSpace, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return L1 in units of the space's scale and what the quantiser costs, and the terms."""
        wanted = batch["differences"]
        made, quantised = model(wanted)
        l1 = F.l1_loss(made, wanted) / model.scale
        used = perplexity(quantised.indices, model.config.codes)
        return l1 + quantised.loss, {"l1": l1, "codes": quantised.loss, "perplexity": used}

    @torch.no_grad()
    def validate(self, model: DifferenceSpace) -> dict[str, float]:
        """Return the mean loss and terms on clips kept aside."""
        place = model.scale.device
        found = [self.loss(model, on_device(batch, place)) for batch in self.drawn.aside()]
        terms = {n: float(np.mean([float(each[n]) for _, each in found])) for n in found[0][1]}
        return {"loss": float(np.mean([float(loss) for loss, _ in found])), **terms}


class LatentTask:
    """Stage 2: their latents, noised, back to what they were by what is heard."""

    def __init__(self, drawn: Differences, space: DifferenceSpace) -> None:
        self.drawn, self.space = drawn, space.eval().requires_grad_(False)

    @torch.no_grad()
    def batch(self, step: int, part: int) -> Batch:
        """Return `latents` (B, n, L), `tokens` (B, n, ...) and `style` (B, styles)."""
        return self._latents(self.drawn.batch(step, part))

    def loss(self, model: TakesDiffusion, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its terms, at steps of the noise drawn evenly."""
        step = torch.randint(model.config.steps, (len(batch["latents"]),))
        return self._at(model, batch, step.to(batch["latents"].device), torch.default_generator)

    @torch.no_grad()
    def validate(self, model: TakesDiffusion) -> dict[str, float]:
        """Return the mean loss on clips kept aside, over levels of noise."""
        noises = torch.Generator().manual_seed(self.drawn.seed)
        place = next(model.parameters()).device
        levels = torch.linspace(0, model.config.steps - 1, _LEVELS).long().to(place)
        found = []
        for clip in self.drawn.aside():
            batch = {n: v.expand(_LEVELS, *v.shape[1:]) for n, v in self._latents(clip).items()}
            found.append(float(self._at(model, on_device(batch, place), levels, noises)[0]))
        return {"loss": float(np.mean(found))}

    def _at(
        self, model: TakesDiffusion, batch: Batch, step: Tensor, noises: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        latents = batch["latents"]
        noise = torch.randn(latents.shape, generator=noises).to(latents.device)
        terms = latent_losses(*model(latents, step, noise, batch["tokens"], batch["style"]))
        return torch.stack(list(terms.values())).sum(), terms

    def _latents(self, batch: Batch) -> Batch:
        latents = self.space.latents(batch["differences"].to(self.space.scale.device)).cpu()
        return {"latents": latents, "tokens": batch["tokens"], "style": batch["style"]}
