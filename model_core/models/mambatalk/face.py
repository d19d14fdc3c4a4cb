"""A MambaTalk and its speech encoder together, as a checkpoint keeps them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ...base.arrays import Array
from ...base.errors import UserError
from ...encoding.features import speech_features
from ...encoding.registry import EncoderConfig, load_encoder
from ...encoding.sound_so_far import gathered
from ...encoding.speech_encoder import SpeechEncoder
from ...engine.choice import Runtime
from ...motion.motion import Motion
from ...speech.audio import SAMPLE_RATE, Samples
from ..checkpoint import Checkpoint
from ..face_model import FaceModel, StreamState
from ..registry import MAMBATALK
from ..with_encoder import load_with_encoder, save_with_encoder, settings_in
from .config import MambaTalkConfig
from .networks import LIVING, Networks, drawn_life, told_mouth
from .parts import EYES, HEAD, MOUTH, motion_of

if TYPE_CHECKING:
    from .network import MambaTalk


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
        self, settings: MambaTalkSettings, networks: Networks, encoder: SpeechEncoder
    ) -> None:
        self.settings, self.networks, self.encoder = settings, networks, encoder
        self.styles, self.fps = settings.styles, settings.model.fps

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield the mouth's weights (T, K) once all has been heard."""
        samples = gathered(chunks)
        features = speech_features(samples, self.encoder, self.fps)
        state.heard(len(samples) / SAMPLE_RATE)
        style = np.array(mixture, np.float32)
        yield told_mouth(self.networks, self.settings.model, features, style)

    def motion(self, outputs: Array) -> Motion:
        """Return the mouth's weights (T, K) as a motion."""
        return motion_of({MOUTH: outputs}, self.fps)

    def life(self, samples: Samples, seed: int, take: int) -> Motion:
        """Return what brows, eyes, lids and head do, drawn from the seed and the take."""
        features = speech_features(samples, self.encoder, self.fps)
        style = np.full(len(self.styles), 1.0 / len(self.styles), np.float32)
        random, config = np.random.default_rng([seed, take]), self.settings.model
        tokens = ceil(len(features) / config.scans.fold)
        chances = {
            part: random.random((tokens, config.priors[part].groups), np.float32) for part in LIVING
        }
        drawn = drawn_life(self.networks, config, features, style, chances)
        return motion_of({part: drawn[part] for part in (EYES, HEAD)}, self.fps)


def save(
    folder: str | os.PathLike[str], model: "MambaTalk", settings: MambaTalkSettings, card: str
) -> Path:
    """Write a checkpoint.

    Raises:
        UserError: it cannot be written.
    """
    return save_with_encoder(folder, MAMBATALK, model, settings, card)


def load(checkpoint: Checkpoint, runtime: Runtime) -> MambaTalkFace:
    """Return the model of a checkpoint, computed by a runtime.

    Raises:
        UserError: settings, weights, graphs or the speech encoder are missing or damaged.
    """
    if runtime.uses_torch:
        return _by_torch(checkpoint, runtime)
    from .onnx_networks import OnnxNetworks

    settings = settings_in(checkpoint, MambaTalkSettings.of)
    encoder = load_encoder(settings.encoder, checkpoint.folder, runtime)
    return MambaTalkFace(settings, OnnxNetworks(checkpoint.folder), encoder)


def _by_torch(checkpoint: Checkpoint, runtime: Runtime) -> MambaTalkFace:
    from .network import MambaTalk
    from .torch_networks import TorchNetworks

    settings, model, encoder = load_with_encoder(
        checkpoint, runtime, MambaTalkSettings.of, lambda settings: MambaTalk(settings.model)
    )
    return MambaTalkFace(settings, TorchNetworks(model), encoder)
