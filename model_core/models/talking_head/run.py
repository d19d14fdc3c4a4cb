"""The record of a training run: all that rebuilds its model, beside the weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...base.errors import UserError
from ...base.files import atomic_path
from ...encoding.frame_wav2vec2 import FrameWav2Vec2
from ..jambatalk.autoregressive import AutoregressiveJambaTalk
from ..jambatalk.network import JambaTalk, JambaTalkConfig
from .lip_reader import LipReader, LipReaderConfig
from .network import TalkingHead
from .options import PaperOptions

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Run:
    """What rebuilds a trained model: written to ``run.json``.

    Attributes:
        dataset: its name, for tables.
        kind: of dataset, a key of `datasets.registry.DATASETS`.
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

    def build(self) -> TalkingHead:
        """Return the model with fresh weights."""
        paper, config = PaperOptions(**self.paper), JambaTalkConfig(**self.decoder)
        decoder = AutoregressiveJambaTalk(config) if paper.autoregressive else JambaTalk(config)
        encoder = FrameWav2Vec2.untrained(self.speech, paper.fold) if self.speech else None
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
