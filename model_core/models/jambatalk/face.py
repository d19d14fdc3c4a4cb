"""A speech encoder and a JambaTalk decoder together, as a checkpoint keeps them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ...base.arrays import Array
from ...base.assets import BUNDLED_ENCODER
from ...base.errors import UserError
from ...encoding.features import feature_stream
from ...encoding.registry import SHIPPED, EncoderConfig, load_encoder
from ...encoding.speech_encoder import SpeechEncoder
from ...engine.choice import Runtime
from ...motion.factorise import factorise
from ...motion.motion import Motion
from ...performance.manners import MANNERS, MannerWalk
from ...performance.takes import StyleWalk, TimeWalk, varied, with_neighbours
from ...rig.arkit import named_basis
from ...rig.shapes import FLAME_TOPOLOGY
from ...speech.audio import Samples
from ..checkpoint import DECODER_GRAPH, Checkpoint, save_checkpoint
from ..face_model import FaceModel, StreamState
from ..registry import JAMBATALK
from .config import JambaTalkConfig
from .decoder import Decoder

if TYPE_CHECKING:
    from .network import JambaTalk


# A decoder that cannot carry its state gets a long clip in windows, which bounds memory; what comes
# before each lets Mamba's state settle, what comes after is what attention and lookahead see.
_WINDOW_SECONDS, _BEFORE_SECONDS, _AFTER_SECONDS = 300, 30, 6
_BLOCK_SECONDS = 20  # that a decoder which carries it gets at once


@dataclass(frozen=True, kw_only=True)
class JambaTalkSettings:
    """What config.json says of a JambaTalk.

    Attributes:
        encoder: what the decoder hears through.
        decoder: its sizes.
        styles: names of its styles.
        names: the face rig's shapes it moves, then the tongue's channels; none for the vertex head.
        topology: which mesh the vertex head's vertices belong to.

    Raises:
        UserError: names and styles are not as many as the decoder has.
    """

    encoder: EncoderConfig
    decoder: JambaTalkConfig
    styles: tuple[str, ...]
    names: tuple[str, ...] = ()
    topology: str = FLAME_TOPOLOGY

    def __post_init__(self) -> None:
        if len(self.styles) != self.decoder.styles:
            raise UserError(f"The model has {self.decoder.styles} styles, not {len(self.styles)}.")
        moved = self.decoder.outputs + self.decoder.tongue
        if self.decoder.head != "vertices" and len(self.names) != moved:
            raise UserError(f"The model moves {moved} shapes, not {len(self.names)}.")
        if self.decoder.manners not in (0, len(MANNERS)):
            raise UserError(f"The model knows {self.decoder.manners} manners, not {len(MANNERS)}.")

    @property
    def shapes(self) -> tuple[str, ...]:
        """The face rig's shapes alone, without the tongue's channels."""
        return self.names[: self.decoder.outputs]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read config.json. Raises `UserError` if something is missing or out of place."""
        try:
            return cls(
                encoder=EncoderConfig(**config["encoder"]),
                decoder=JambaTalkConfig(**config["decoder"]),
                styles=tuple(config["styles"]),
                names=tuple(config["names"]),
                topology=config["topology"],
            )
        except (KeyError, TypeError) as error:
            raise UserError(f"The model's config.json is not complete ({error}).") from error


class JambaTalkFace(FaceModel):
    """Speech to motion: encoder, features, decoder, shapes.

    Raises:
        UserError: the face rig lacks a shape.
    """

    def __init__(
        self, encoder: SpeechEncoder, decoder: Decoder, settings: JambaTalkSettings
    ) -> None:
        self.encoder, self.decoder, self.settings = encoder, decoder, settings
        self.styles = settings.styles
        self.basis = named_basis(settings.names)
        self.varies = settings.decoder.drifts > 1

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield outputs (n, K) or (n, V * 3) once what they depend on was heard.

        That is 2.1 s after them, and what the encoder needs for these; 6 s where windows of up to
        5 min are decoded. Arguments as of `FaceModel.stream`.
        """
        style, blocks = np.asarray(mixture, np.float32), self._listen(chunks, state)
        if self.varies and state.varied:
            yield from self._varied(
                self._decoded(self._drifting(blocks, state), style, state), state
            )
        else:
            yield from (plain for plain, _ in self._decoded(blocks, style, state))

    def _decoded(
        self, blocks: Iterable[Array], style: Array, state: StreamState
    ) -> Iterator[tuple[Array, Array | None]]:
        """Yield plain outputs (n, K), and a take's beside them where there is a drift."""
        plain, take = self.decoder.begin(style), self.decoder.begin(style)
        if plain is None or take is None:
            yield from self._in_windows(blocks, style, state)
            return
        size = round(_BLOCK_SECONDS * self.settings.decoder.fps)
        for heard, last in _then_nothing(_at_most(blocks, size)):
            features, drift = self._parted(heard)
            outputs = plain(features, None, last)
            varied_ones = None if drift is None else take(features, drift, last)
            if len(outputs):
                yield outputs, varied_ones

    def _in_windows(
        self, blocks: Iterable[Array], style: Array, state: StreamState
    ) -> Iterator[tuple[Array, Array | None]]:
        """Yield what `_decoded` does, of windows with context around."""
        fps, fold = self.settings.decoder.fps, self.settings.decoder.fold
        windows = _windows(
            blocks,
            max(fold, _even(min(_WINDOW_SECONDS, state.step) * fps, fold)),
            _even(_BEFORE_SECONDS * fps, fold),
            _even(_AFTER_SECONDS * fps, fold),
        )
        for heard, new in windows:
            features, drift = self._parted(heard)
            take = None if drift is None else self.decoder(features, style, drift)[new]
            yield self.decoder(features, style)[new], take

    def _drifting(self, blocks: Iterable[Array], state: StreamState) -> Iterator[Array]:
        """Yield features with the drift of a take beside them, (n, C + drifts)."""
        walk = self._walk(state.random)
        for block in blocks:
            yield np.concatenate([block, walk(len(block))], axis=1)

    def _walk(self, random: np.random.Generator) -> Callable[[int], Array]:
        """Return what tells the next so many frames of a drift: of manners, or among the styles."""
        config = self.settings.decoder
        if not config.manners:
            return StyleWalk(random, config.styles, config.fps).rows
        manners, shares = MannerWalk(random, config.fps), config.styles

        def rows(frames: int) -> Array:
            return np.pad(manners.rows(frames), ((0, 0), (shares, 0)))

        return rows

    def _parted(self, heard: Array) -> tuple[Array, Array | None]:
        """Return the features of what was heard, and the drift if there is one beside them."""
        inputs = self.settings.decoder.inputs
        features = np.ascontiguousarray(heard[:, :inputs])
        if heard.shape[1] == inputs:
            return features, None
        return features, np.ascontiguousarray(heard[:, inputs:])

    def _varied(
        self, decoded: Iterable[tuple[Array, Array | None]], state: StreamState
    ) -> Iterator[Array]:
        """Yield plain outputs (n, K) moved towards those of a take; a frame waits for the next."""
        (random,) = state.random.spawn(1)  # the walk goes on as it would without
        time = TimeWalk(random, self.settings.decoder.fps)
        both = (np.stack([plain, take], axis=1) for plain, take in decoded if take is not None)
        for rows in with_neighbours(both):
            plain, take = rows[1:-1, 0], rows[:, 1]
            if self.settings.decoder.head == "vertices":
                yield plain + np.float32(state.variation) * (take[1:-1] - plain)
                continue
            motion = self.motion(plain)
            retimed = self.motion(time.retimed(motion, take))
            yield varied(motion, retimed, state.variation).weights

    def _listen(self, chunks: Iterable[Samples], state: StreamState) -> Iterator[Array]:
        """Yield features (n, C) block by block, telling how far it is."""
        fps, frames = self.settings.decoder.fps, 0
        for block in feature_stream(chunks, self.encoder, fps, state.loudness, state.step):
            frames += len(block)
            state.heard(frames / fps)
            yield block

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, K) or (T, V * 3) as a motion."""
        fps, settings = self.settings.decoder.fps, self.settings
        if settings.decoder.head == "vertices":
            offsets = outputs.reshape(len(outputs), -1, 3)
            return factorise(offsets, fps, topology=settings.topology)[0]
        weights = np.maximum(outputs, np.float32(0.0))  # a shape has no other side
        return Motion(fps=fps, names=settings.names, basis=self.basis, weights=weights)


def save(
    folder: str | os.PathLike[str],
    decoder: "JambaTalk",
    settings: JambaTalkSettings,
    card: str,
    encoder_weights: Path | None = BUNDLED_ENCODER,
    half: bool = False,
) -> Path:
    """Write a checkpoint of a trained decoder.

    Args:
        folder: where.
        decoder: with its weights.
        settings: whose ``decoder`` is the decoder's own.
        card: the model card, Markdown.
        encoder_weights: whisper's file to ship along; not written for encoders from elsewhere.
        half: keep matrices in half precision on disk.

    Returns:
        The folder.

    Raises:
        UserError: it cannot be written.
    """
    return save_checkpoint(
        folder,
        {"kind": JAMBATALK, **asdict(settings)},
        decoder.state_dict(),
        card=card,
        encoder_weights=encoder_weights if settings.encoder.kind == SHIPPED else None,
        half=half,
    )


def load(checkpoint: Checkpoint, runtime: Runtime) -> JambaTalkFace:
    """Return the model of a checkpoint, computed by a runtime.

    Raises:
        UserError: settings, weights or the speech encoder are missing or damaged.
    """
    settings = JambaTalkSettings.from_config(checkpoint.config)
    decoder = _load_decoder(checkpoint, settings.decoder, runtime)
    encoder = load_encoder(settings.encoder, checkpoint.folder, runtime)
    return JambaTalkFace(encoder, decoder, settings)


def _load_decoder(checkpoint: Checkpoint, config: JambaTalkConfig, runtime: Runtime) -> Decoder:
    if runtime.uses_torch:
        from .torch_decoder import TorchDecoder

        return TorchDecoder(checkpoint, config, runtime.device)
    from .onnx_decoder import OnnxDecoder

    return OnnxDecoder(checkpoint.folder / DECODER_GRAPH, config)


def _even(frames: float, fold: int) -> int:
    """Round to whole tokens, so that windows split a clip into the same ones."""
    return round(frames / fold) * fold


def _windows(
    blocks: Iterable[Array], size: int, before: int, after: int
) -> Iterator[tuple[Array, slice]]:
    """Regroup consecutive blocks into windows of `size` rows with context.

    Yields:
        A window (n, C) and which of its rows are new; a clip up to size + after is one window.
    """
    held, old = np.empty((0, 0), np.float32), 0
    for block in blocks:
        held = np.concatenate([held, block]) if len(held) else block
        while len(held) > old + size + after:
            yield held[: old + size + after], slice(old, old + size)
            passed = max(0, old + size - before)
            held, old = held[passed:], old + size - passed
    yield held, slice(old, len(held))


def _at_most(blocks: Iterable[Array], size: int) -> Iterator[Array]:
    """Yield the rows of blocks (n, C) in blocks of `size` at most."""
    for block in blocks:
        for first in range(0, len(block), size):
            yield block[first : first + size]


def _then_nothing(blocks: Iterable[Array]) -> Iterator[tuple[Array, bool]]:
    """Yield blocks (n, C), then one of no rows, which is the last."""
    for block in blocks:
        nothing = block[:0]
        yield block, False
    yield nothing, True
