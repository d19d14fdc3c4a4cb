"""Speech as a finished model's layers left it, with what is said: what takes are learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from ...articulation.styles import STYLES
from ...base.arrays import Array
from ...base.errors import UserError
from ...corpus.store import INDEX
from ...models.jambatalk.network import JambaTalk
from ...speech.phones import Phone
from ..options import TrainingOptions
from ..tracked.data import Heard, Source, Teacher, anchor_sources, hear_all

_NEUTRAL = 0.55  # share of the first style; the others share the rest
_LEAST = 2  # clips: one to learn from, one to keep aside
_HELD_OUT = 12  # every so manyth clip is kept aside


@dataclass(frozen=True, eq=False)
class SpokenClip:
    """A clip: n tokens as the layers left them in each style (styles, n, d), and what is said."""

    seen: Tensor
    level: Array
    phones: Sequence[Phone]


class SpokenSplit:
    """Clips to learn from, and those kept aside.

    Args:
        clips: at least two.
    """

    def __init__(self, clips: Sequence[SpokenClip]) -> None:
        self.validation = clips[::-_HELD_OUT]
        self.training = [each for each in clips if each not in self.validation]

    def picked(self, count: int, random: np.random.Generator) -> list[SpokenClip]:
        """Return so many of those to learn from, some perhaps more than once."""
        return [self.training[int(pick)] for pick in random.choice(len(self.training), count)]


def drawn_style(count: int, random: np.random.Generator) -> int:
    """Return which style a clip is spoken in: the first more often than the others."""
    rest = (1.0 - _NEUTRAL) / max(1, count - 1)
    chances = [1.0 - rest * (count - 1), *[rest] * (count - 1)]
    return int(random.choice(count, p=chances))


def spoken_clips(options: TrainingOptions, teacher: Teacher, model: JambaTalk) -> list[SpokenClip]:
    """Hear minutes of the corpus through the encoder and the layers of a model, in every style.

    Raises:
        UserError: there is no corpus, or next to nothing in it, or the model's styles are none
            that the rules know.
    """
    if not set(teacher.settings().styles) <= set(STYLES):
        raise UserError("The styles of this model are not the rules', which teach its takes.")
    options.say("hearing the corpus")
    sources = anchor_sources(options.data / "train", options.tracked.minutes)
    if sum(bool(source.phones) for source in sources) < _LEAST:
        raise UserError(
            f"{options.data / 'train'} holds too few utterances with known phones; give a corpus "
            "of 'corpus build' and more --minutes."
        )
    cache, seed, workers = options.cache / "spoken", options.seed, options.workers
    heard = hear_all(
        sources, (1.0, 1.0), 1, teacher=teacher, cache=cache, seed=seed, workers=workers, changed=0
    )
    clips = zip(sources, heard, strict=True)
    return [_clip(source, one, model) for source, (one,) in clips if source.phones]


def made_from(options: TrainingOptions, teacher: Teacher) -> str:
    """Tell the teacher and the corpus of `spoken_clips` from others."""
    corpus = sha256((options.data / "train" / INDEX).read_bytes()).hexdigest()
    return f"{teacher.digest()} {corpus} {options.tracked.minutes:g}"


@torch.no_grad()
def _clip(source: Source, heard: Heard, model: JambaTalk) -> SpokenClip:
    """Return a clip as the layers of a model left it."""
    styles, fold = model.config.styles, model.config.fold
    frames = len(heard.features) // fold * fold
    features = torch.from_numpy(heard.features[:frames].astype(np.float32))
    seen = model.trunk(features.expand(styles, -1, -1), torch.arange(styles))
    level = heard.level[:frames].astype(np.float32)
    return SpokenClip(seen.half(), level, source.read()[1])
