"""A plain JambaTalk whose takes are drawn by diffusion, as a checkpoint keeps it.

Take 0 is the plain model's. For the others, differences of its weights are drawn from noise that
seed and take make, in windows that overlap, and added as every take is: lips stay as exact.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ...base.arrays import Array
from ...encoding.registry import load_encoder
from ...encoding.speech_encoder import SpeechEncoder
from ...engine.choice import Runtime
from ...layers import ddim
from ...motion.motion import Motion
from ...performance.takes import stilled, varied
from ...speech.audio import Samples
from ..checkpoint import Checkpoint, save_checkpoint
from ..face_model import FaceModel, StreamState
from ..faded_windows import faded_windows
from ..jambatalk.face import JambaTalkFace
from ..registry import GLD_TAKES
from .settings import GldTakesSettings

if TYPE_CHECKING:
    from .network import GldTakes


_SMOOTHING = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # of consecutive frames
_STILLED = 0.4  # of differences where lips meet: they have less room there than the rules think


class Networks(Protocol):
    """What computes the networks of a `GldTakes`, one clip at a time."""

    def plain(self, features: Array, style: Array) -> Array:
        """Features (T, C), a style (styles,) -> outputs and tokens beside them, (T, K + d)."""

    def denoise(self, x: Array, step: int, tokens: Array, style: Array) -> Array:
        """Noisy latents (n, L), their step, tokens (n, ...) and a style -> x_0 (n, L)."""

    def decode(self, latents: Array) -> Array:
        """Latents (n, L) -> differences (n fold, K)."""


class GldTakesFace(FaceModel):
    """Speech to motion, each take drawn."""

    varies = True

    def __init__(
        self, encoder: SpeechEncoder, networks: Networks, settings: GldTakesSettings
    ) -> None:
        self.networks, self.settings = networks, settings
        self.alphas = ddim.cosine_alphas(settings.takes.steps).tolist()
        self.base = JambaTalkFace(encoder, _Decoder(networks), settings.plain)
        self.styles = self.base.styles

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield outputs (n, K) as of `FaceModel.stream`; of a take, once all has been heard."""
        shapes = len(self.settings.plain.names)
        plain_state = StreamState(state.loudness, state.seed, step=state.step, heard=state.heard)
        blocks = self.base.stream(chunks, mixture, plain_state)
        if not state.varied:
            yield from (block[:, :shapes] for block in blocks)
            return
        whole = np.concatenate(list(blocks))
        drawn = self._drawn(whole[:, shapes:], np.asarray(mixture, np.float32), state)
        plain = self.motion(np.ascontiguousarray(whole[:, :shapes]))
        take = whole[:, :shapes].copy()
        take[:, : drawn.shape[1]] += stilled(plain, drawn, _STILLED)
        yield varied(plain, self.motion(take), state.variation).weights

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, K) as a motion."""
        return self.base.motion(outputs)

    def _drawn(self, tokens: Array, style: Array, state: StreamState) -> Array:
        """Return the differences (T, K) of a take, by tokens (T, d) as many as frames."""
        takes, every = self.settings.takes, self.settings.plain.decoder.fold
        steps = ceil(len(tokens) / takes.fold)
        padded = np.pad(tokens, ((0, steps * takes.fold - len(tokens)), (0, 0)), mode="edge")
        heard = padded.reshape(steps, takes.fold, -1)[:, ::every].reshape(steps, -1)
        noise = state.random.standard_normal((steps, takes.latent), np.float32)

        def draw(window: slice) -> Array:
            given = np.ascontiguousarray(heard[window])
            latents = ddim.sampled(
                lambda x, step: self.networks.denoise(x, step, given, style),
                noise[window],
                self.alphas,
                takes.draws,
            )
            return self.networks.decode(latents)

        rate = self.settings.plain.decoder.fps / takes.fold
        parts = list(faded_windows(draw, steps, rate, takes.fold))
        return _smoothed(np.concatenate(parts)[: len(tokens)])


def _smoothed(drawn: Array) -> Array:
    """Return differences (T, K) without the jolts from one latent's frames to the next one's."""
    reach = len(_SMOOTHING) // 2
    padded = np.pad(drawn, ((reach, reach), (0, 0)), mode="edge")
    parts = (w * padded[n : n + len(drawn)] for n, w in enumerate(_SMOOTHING))
    smooth: Array = np.sum(list(parts), axis=0, dtype=np.float32)
    return smooth


class _Decoder:
    """The plain model's outputs and tokens, as `JambaTalkFace` asks for outputs."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def __call__(self, features: Array, style: Array, drift: Array | None = None) -> Array:
        """Features (n, C) and a style (styles,) -> (n, K + d); there is never a drift."""
        assert drift is None, "takes are drawn elsewhere"
        return self._networks.plain(features, style)

    def begin(self, _style: Array) -> None:
        """Return nothing: it takes whole windows."""


def save(
    folder: str | os.PathLike[str],
    model: "GldTakes",
    settings: GldTakesSettings,
    card: str,
    encoder_weights: Path,
) -> Path:
    """Write a checkpoint, its matrices in half precision. Raises `UserError` if it cannot be."""
    plain, takes = asdict(settings.plain), asdict(settings.takes)
    config = {"kind": GLD_TAKES, "styles": settings.plain.styles, "plain": plain, "takes": takes}
    weights = model.state_dict()
    return save_checkpoint(
        folder, config, weights, card=card, encoder_weights=encoder_weights, half=True
    )


def load(checkpoint: Checkpoint, runtime: Runtime) -> GldTakesFace:
    """Return the model of a checkpoint, computed by a runtime.

    Raises:
        UserError: settings, weights or the speech encoder are missing or damaged.
    """
    settings = GldTakesSettings.from_config(checkpoint.config)
    encoder = load_encoder(settings.plain.encoder, checkpoint.folder, runtime)
    return GldTakesFace(encoder, _networks(checkpoint, settings, runtime), settings)


def _networks(checkpoint: Checkpoint, settings: GldTakesSettings, runtime: Runtime) -> Networks:
    if runtime.uses_torch:
        from .torch_networks import TorchNetworks, load_gld_takes

        return TorchNetworks(load_gld_takes(checkpoint, settings), runtime.device)
    from .onnx_networks import OnnxNetworks

    return OnnxNetworks(checkpoint.folder)
