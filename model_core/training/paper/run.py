"""The record of a training run: all that rebuilds its model, beside the weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import Wav2Vec2Config

from ...base.errors import UserError
from ...base.files import atomic_path
from ...datasets.dataset import FaceDataset
from ...encoding.features import feature_channels
from ...encoding.frame_wav2vec2 import FrameWav2Vec2, wav2vec2_config
from ...encoding.frozen_encoder import frozen_encoder
from ...evaluation.metrics.index_lists import Indices, read_indices
from ...models.jambatalk.autoregressive import AutoregressiveJambaTalk
from ...models.jambatalk.network import JambaTalk, JambaTalkConfig
from ...models.talking_head.lip_reader import LipReader, LipReaderConfig
from ...models.talking_head.network import TalkingHead
from ...models.talking_head.options import PaperOptions
from ...models.talking_head.recogniser import Recogniser
from ...rig.rig import load_face_rig
from ...rig.shapes import FLAME_VERTICES

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Run:
    """What rebuilds a trained model: written to ``run.json``.

    Attributes:
        dataset: its name, for tables.
        kind: of dataset, a key of `OPENERS`.
        styles: training subjects in the order of the style embedding.
        decoder: arguments of `JambaTalkConfig`.
        paper: arguments of `PaperOptions`.
        speech: settings of the encoder that is trained along; none if it is frozen.
        lips: vertices of the lip reader; none without it.
        reader: arguments of `LipReaderConfig`; none without it.
    """

    dataset: str
    kind: str
    styles: tuple[str, ...]
    decoder: dict[str, Any]
    paper: dict[str, Any]
    speech: dict[str, Any] | None = None
    lips: tuple[int, ...] = ()
    reader: dict[str, Any] | None = None

    @classmethod
    def plan(
        cls, kind: str, dataset: FaceDataset, paper: PaperOptions, recogniser: Recogniser | None
    ) -> "Run":
        """Settle the sizes of a run."""
        speech = wav2vec2_config(paper.encoder) if paper.tunes else None
        channels = _channels(paper, speech)
        lips = _lips(paper.lips, dataset.vertices) if recogniser else ()
        reader = recogniser and LipReaderConfig(
            recogniser.width, recogniser.letters, recogniser.blank
        )
        return cls(
            dataset=dataset.name,
            kind=kind,
            styles=dataset.styles,
            decoder=asdict(_decoder_config(kind, dataset, paper, channels)),
            paper=asdict(paper),
            speech=speech,
            lips=tuple(int(index) for index in lips),
            reader=asdict(reader) if reader else None,
        )

    def build(self) -> TalkingHead:
        """Return the model with fresh weights."""
        paper, config = PaperOptions(**self.paper), JambaTalkConfig(**self.decoder)
        decoder = AutoregressiveJambaTalk(config) if paper.autoregressive else JambaTalk(config)
        encoder = FrameWav2Vec2.untrained(self.speech) if self.speech else None
        if self.reader is None:
            return TalkingHead(decoder, encoder)
        reader = LipReader(np.array(self.lips), LipReaderConfig(**self.reader))
        return TalkingHead(decoder, encoder, reader)

    def load_weights(self, path: Path) -> TalkingHead:
        """Return the model with the weights of ``best.pt`` or ``last.pt``.

        Raises:
            UserError: they are missing, damaged, or another run's.
        """
        model = self.build()
        try:
            model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:  # torch raises many kinds for a damaged file
            raise UserError(
                f"{path} does not hold this run's weights ({type(error).__name__}); train it again."
            ) from error
        return model.eval()

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Run":
        """Make one from what JSON keeps of it."""
        return cls(**{**fields, **{name: tuple(fields[name]) for name in ("styles", "lips")}})

    def save(self, folder: Path) -> None:
        """Write ``run.json``."""
        with atomic_path(folder / RUN_FILE) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Run":
        """Read ``run.json``.

        Raises:
            UserError: it is missing or damaged.
        """
        try:
            return cls.of(json.loads((folder / RUN_FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UserError(f"{folder} has no whole {RUN_FILE}; train it again.") from error


def _decoder_config(
    kind: str, dataset: FaceDataset, paper: PaperOptions, inputs: int
) -> JambaTalkConfig:
    """The preset of the dataset with the options' changes."""
    preset = JambaTalkConfig.paper_vocaset(inputs, paper.arrangement)
    if kind == "biwi":
        preset = JambaTalkConfig.paper_biwi(inputs, paper.arrangement)
    width = paper.width or preset.d_model
    return replace(
        preset,
        outputs=dataset.vertices * 3,
        styles=len(dataset.styles),
        fps=dataset.fps,
        rope=paper.rope,
        d_model=width,
        hidden=preset.hidden * width // preset.d_model,
        heads=paper.heads or preset.heads,
        kv_heads=paper.kv_heads or preset.kv_heads,
    )


def _channels(paper: PaperOptions, speech: dict[str, Any] | None) -> int:
    """Features a frame that the decoder gets."""
    if speech is not None:
        return Wav2Vec2Config(**speech).hidden_size
    return feature_channels(frozen_encoder(paper.encoder))


def _lips(given: str | None, vertices: int) -> Indices:
    """The lip reader's vertices."""
    if given:
        return read_indices(given, vertices, ("lips",))
    if vertices != FLAME_VERTICES:
        raise UserError("Lips are not known on this mesh; name them with --lips FILE.")
    return load_face_rig().regions["outer_lips"].astype(np.int64)
