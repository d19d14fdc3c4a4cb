"""Checkpoints of the paper's recipes that trained the encoder along, or are autoregressive."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace

import numpy as np
import torch

from ...base.arrays import Array
from ...base.assets import BUNDLED_ENCODER
from ...base.errors import UserError
from ...encoding.features import feature_stream
from ...encoding.frozen_encoder import BUNDLED, encoder_config
from ...encoding.registry import load_encoder
from ...encoding.sound_so_far import gathered
from ...encoding.speech_encoder import SpeechEncoder
from ...engine.choice import Runtime
from ...motion.factorise import factorise
from ...motion.motion import Motion
from ...rig.shapes import FLAME_TOPOLOGY, FLAME_VERTICES
from ...speech.audio import SAMPLE_RATE, Samples
from ..checkpoint import Checkpoint, save_checkpoint
from ..face_model import FaceModel, StreamState
from ..registry import TALKING_HEAD
from .network import TalkingHead
from .options import PaperOptions
from .run import Run


class TalkingHeadFace(FaceModel):
    """Speech to motion through a `TalkingHead`.

    Args:
        run: that trained it.
        model: with its weights.
        encoder: the frozen one; None if the model has its own.
    """

    def __init__(self, run: Run, model: TalkingHead, encoder: SpeechEncoder | None) -> None:
        self.model, self.encoder = model.eval(), encoder
        self.styles, self.fps = run.styles, float(run.decoder["fps"])
        self.vertices = int(run.decoder["outputs"]) // 3

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield all outputs (T, V * 3) at the end: its encoders attend to the whole sound."""
        samples = gathered(chunks)
        device = next(self.model.parameters()).device
        batch = {"samples": torch.from_numpy(samples)[None].to(device)}
        if self.encoder is not None:
            parts = feature_stream([samples], self.encoder, self.fps, state.loudness, state.step)
            features = np.concatenate(list(parts))
            batch["features"] = torch.from_numpy(features)[None].to(device)
        state.heard(len(samples) / SAMPLE_RATE)
        frames = self.model.predict(batch, torch.tensor([list(mixture)], device=device))[0]
        yield frames.float().cpu().numpy()

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, V * 3) as a motion."""
        offsets = outputs.reshape(len(outputs), -1, 3)
        return factorise(offsets, self.fps, topology=topology(self.vertices))[0]


def topology(vertices: int) -> str:
    """Return a name for the mesh of so many vertices."""
    return FLAME_TOPOLOGY if vertices == FLAME_VERTICES else f"mesh{vertices}"


def save(folder: str | os.PathLike[str], run: Run, model: TalkingHead, card: str) -> None:
    """Write a checkpoint of a trained model, without its lip reader.

    Raises:
        UserError: it cannot be written.
    """
    weights = model.state_dict().items()
    save_checkpoint(
        folder,
        {"kind": TALKING_HEAD, "run": asdict(replace(run, lips=(), reader=None))},
        {name: value for name, value in weights if not name.startswith("lip_reader.")},
        card=card,
        encoder_weights=BUNDLED_ENCODER if run.paper["encoder"] == BUNDLED else None,
    )


def load(checkpoint: Checkpoint, runtime: Runtime) -> TalkingHeadFace:
    """Return the model of a checkpoint, computed by torch.

    Raises:
        UserError: settings, weights or the speech encoder are missing or damaged.
    """
    try:
        run = Run.of(checkpoint.config["run"])
        paper, model = PaperOptions(**run.paper), run.build()
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"The model's config.json is not complete ({error}).") from error
    checkpoint.fill(model)
    encoder = None
    if model.encoder is None:
        encoder = load_encoder(encoder_config(paper.encoder), checkpoint.folder, runtime)
    return TalkingHeadFace(run, model.to(runtime.device), encoder)
