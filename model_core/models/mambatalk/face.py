"""A MambaTalk and its speech encoder together, as a checkpoint keeps them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ...base.arrays import Array
from ...base.errors import UserError
from ...encoding.features import speech_features
from ...encoding.registry import EncoderConfig
from ...encoding.sound_so_far import gathered
from ...encoding.speech_encoder import SpeechEncoder
from ...engine.choice import Runtime
from ...motion.motion import Motion
from ...speech.audio import SAMPLE_RATE, Samples
from ..checkpoint import Checkpoint
from ..face_model import FaceModel, StreamState
from ..registry import MAMBATALK
from ..with_encoder import load_with_encoder, save_with_encoder
from .config import MambaTalkConfig
from .network import MambaTalk
from .parts import EYES, HEAD, MOUTH, motion_of


@dataclass(frozen=True, kw_only=True)
class MambaTalkSettings:
    """What config.json says of a MambaTalk.

    Attributes:
        encoder: what it hears through.
        model: its sizes.
        styles: names of its styles.

    Raises:
        UserError: there are not as many names as styles.
    """

    encoder: EncoderConfig
    model: MambaTalkConfig
    styles: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.styles) != self.model.scans.styles:
            raise UserError(f"The model's {len(self.styles)} names of styles are not as many.")

    @classmethod
    def of(cls, config: dict[str, Any]) -> Self:
        """Make them from what JSON keeps."""
        return cls(
            encoder=EncoderConfig(**config["encoder"]),
            model=MambaTalkConfig.of(config["model"]),
            styles=tuple(config["styles"]),
        )


class MambaTalkFace(FaceModel):
    """Speech to motion through a `MambaTalk`: the mouth, told; and life, drawn."""

    lives = True

    def __init__(
        self, settings: MambaTalkSettings, model: MambaTalk, encoder: SpeechEncoder
    ) -> None:
        self.settings, self.model, self.encoder = settings, model.eval(), encoder
        self.styles, self.fps = settings.styles, settings.model.fps

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield the mouth's weights (T, K) once all has been heard."""
        samples = gathered(chunks)
        given = self._heard(samples, mixture)
        state.heard(len(samples) / SAMPLE_RATE)
        yield _numpy(self.model(*given)[MOUTH])

    def motion(self, outputs: Array) -> Motion:
        """Return the mouth's weights (T, K) as a motion."""
        return motion_of({MOUTH: outputs}, self.fps)

    def life(self, samples: Samples, seed: int, take: int) -> Motion:
        """Return what brows, eyes, lids and head do, drawn from the seed and the take."""
        given = self._heard(samples, [1.0 / len(self.styles)] * len(self.styles))
        random = np.random.default_rng([seed, take])
        tokens = ceil(given[0].shape[1] / self.settings.model.scans.fold)
        chances = {
            part: random.random((tokens, self.settings.model.priors[part].groups), np.float32)
            for part in (HEAD, EYES)
        }
        drawn = self.model.draw(*given, chances)
        return motion_of({part: _numpy(drawn[part]) for part in (EYES, HEAD)}, self.fps)

    def _heard(self, samples: Samples, mixture: Sequence[float]) -> tuple[Tensor, Tensor]:
        """Return features (1, T, C) and shares of the styles (1, styles)."""
        features = speech_features(samples, self.encoder, self.fps)
        device = next(self.model.parameters()).device
        style = torch.tensor([list(mixture)], dtype=torch.float32)
        return torch.from_numpy(features)[None].to(device), style.to(device)


def _numpy(batch: Tensor) -> Array:
    """Return the first of a batch (1, T, C)."""
    first: Array = batch[0].float().cpu().numpy()
    return first


def save(
    folder: str | os.PathLike[str], model: MambaTalk, settings: MambaTalkSettings, card: str
) -> Path:
    """Write a checkpoint.

    Raises:
        UserError: it cannot be written.
    """
    return save_with_encoder(folder, MAMBATALK, model, settings, card)


def load(checkpoint: Checkpoint, runtime: Runtime) -> MambaTalkFace:
    """Return the model of a checkpoint, computed by torch.

    Raises:
        UserError: settings, weights or the speech encoder are missing or damaged.
    """
    parts = load_with_encoder(
        checkpoint, runtime, MambaTalkSettings.of, lambda settings: MambaTalk(settings.model)
    )
    return MambaTalkFace(*parts)
