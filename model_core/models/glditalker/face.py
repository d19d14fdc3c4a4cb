"""A GLDiTalker and its speech encoder together, as a checkpoint keeps them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from ...base.arrays import Array
from ...base.errors import UserError
from ...base.units import frame_count
from ...encoding.features import feature_stream
from ...encoding.loudness import ClipLoudness, Loudness
from ...encoding.registry import EncoderConfig
from ...encoding.sound_so_far import gathered
from ...encoding.speech_encoder import SpeechEncoder
from ...engine.choice import Runtime
from ...motion.factorise import factorise
from ...motion.motion import Motion
from ...speech.audio import SAMPLE_RATE, Samples
from ..checkpoint import Checkpoint
from ..face_model import FaceModel, StreamState
from ..faded_windows import faded_windows
from ..registry import GLDITALKER
from ..with_encoder import load_with_encoder, save_with_encoder
from .config import GLDiTalkerConfig
from .network import GLDiTalker

PAIR = 2  # frames of features to a frame of motion


@dataclass(frozen=True, kw_only=True)
class GLDiTalkerSettings:
    """What config.json says of a GLDiTalker.

    Attributes:
        encoder: what it hears through.
        model: its sizes.
        styles: names of its styles, the training subjects.
        topology: which mesh its vertices belong to.

    Raises:
        UserError: there are not as many names as styles.
    """

    encoder: EncoderConfig
    model: GLDiTalkerConfig
    styles: tuple[str, ...]
    topology: str

    def __post_init__(self) -> None:
        if len(self.styles) != self.model.diffusion.styles:
            raise UserError(f"The model's {len(self.styles)} names of styles are not as many.")

    @classmethod
    def of(cls, config: dict[str, Any]) -> Self:
        """Make them from what JSON keeps."""
        return cls(
            encoder=EncoderConfig(**config["encoder"]),
            model=GLDiTalkerConfig.of(config["model"]),
            styles=tuple(config["styles"]),
            topology=config["topology"],
        )


class GLDiTalkerFace(FaceModel):
    """Speech to motion through a `GLDiTalker`; each seed and take draws another performance.

    Long sounds are drawn in windows that overlap, from the same noise where they do.
    """

    varies = True

    def __init__(
        self, settings: GLDiTalkerSettings, model: GLDiTalker, encoder: SpeechEncoder
    ) -> None:
        self.settings, self.model, self.encoder = settings, model.eval(), encoder
        self.styles, self.fps = settings.styles, settings.model.fps

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield the outputs (n, V * 3) of one window after the other, once all has been heard."""
        samples = gathered(chunks)
        speech = paired_features(samples, self.encoder, self.fps, state.loudness)
        state.heard(len(samples) / SAMPLE_RATE)
        noise = noise_of(state, (len(speech), self.settings.model.diffusion.latent))
        style = np.array(mixture, np.float32)
        yield from faded_windows(
            lambda window: self._draw(noise[window], speech[window], style), len(noise), self.fps
        )

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, V * 3) as a motion."""
        offsets = outputs.reshape(len(outputs), -1, 3)
        return factorise(offsets, self.fps, topology=self.settings.topology)[0]

    def _draw(self, noise: Array, speech: Array, style: Array) -> Array:
        """Return one window's offsets (n, V * 3)."""
        device = next(self.model.parameters()).device
        given = [torch.from_numpy(part)[None].to(device) for part in (noise, speech, style)]
        offsets: Array = self.model(*given)[0].flatten(1).float().cpu().numpy()
        return offsets


def noise_of(state: StreamState, shape: tuple[int, int]) -> Array:
    """Return the noise (T, latent) that a take is drawn from.

    Below a variation of 1 it lies between that of the seed's plain take, 0, and the take's own, as
    large as either; above, it is the take's own.
    """
    plain = np.random.default_rng([state.seed, 0]).standard_normal(shape, np.float32)
    if not state.varied:
        return plain
    own, share = state.random.standard_normal(shape, np.float32), min(1.0, state.variation)
    mixed: Array = np.float32(np.sqrt(1 - share**2)) * plain + np.float32(share) * own
    return mixed


def paired_features(
    samples: Samples, encoder: SpeechEncoder, fps: float, loudness: Loudness | None = None
) -> Array:
    """Return speech features (T, 2 C): those at twice the motion's frame rate, in pairs.

    Of a 50 Hz encoder at 25 fps these are its own frames two by two; at 30 fps they are
    interpolated to 60 first.

    Args:
        samples: (N,) at 16 kHz.
        encoder: of C - 4 channels; log energies of four bands are added.
        fps: of the motion.
        loudness: what the levels are counted against; the clip's own if None.
    """
    heard = loudness or ClipLoudness(samples)
    blocks = feature_stream([samples], encoder, PAIR * fps, heard, inf)
    features = np.concatenate(list(blocks))  # (about 2 T, C)
    frames = frame_count(len(samples) / SAMPLE_RATE, fps)
    missing = max(0, PAIR * frames - len(features))
    features = np.pad(features[: PAIR * frames], ((0, missing), (0, 0)), mode="edge")
    return features.reshape(frames, -1)


def save(
    folder: str | os.PathLike[str], model: GLDiTalker, settings: GLDiTalkerSettings, card: str
) -> Path:
    """Write a checkpoint.

    Raises:
        UserError: it cannot be written.
    """
    return save_with_encoder(folder, GLDITALKER, model, settings, card, topology=settings.topology)


def load(checkpoint: Checkpoint, runtime: Runtime) -> GLDiTalkerFace:
    """Return the model of a checkpoint, computed by torch.

    Raises:
        UserError: settings, weights or the speech encoder are missing or damaged.
    """
    parts = load_with_encoder(
        checkpoint, runtime, GLDiTalkerSettings.of, lambda settings: GLDiTalker(settings.model)
    )
    return GLDiTalkerFace(*parts)
