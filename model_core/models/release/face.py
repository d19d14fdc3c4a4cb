"""A released model among this product's checkpoints."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor

from ...base.arrays import Array
from ...base.units import frame_count
from ...encoding.sound_so_far import gathered
from ...engine.choice import Runtime
from ...motion.factorise import factorise
from ...motion.motion import Motion
from ...speech.audio import SAMPLE_RATE, Samples
from ..checkpoint import Checkpoint, save_checkpoint
from ..face_model import FaceModel, StreamState
from ..registry import RELEASE
from ..style_names import NEUTRAL
from .model import ReleaseConfig, ReleaseModel

_CARD = """# JambaTalk as its authors released it, {dataset}

Weights of the authors' release (https://github.com/FarzanehJafari1987/JambaTalk), CC BY-NC: not for
commercial use. Imported by `import-release`: the text encoder and the lip reader, which only
training needs, are left out. Paper: https://arxiv.org/abs/2408.01627.

Speech goes through wav2vec 2.0 and the layers {order}; the vertices of {topology} move at {fps:g}
frames a second. It has one style. The same sound always gives the same motion.
"""


class ReleaseFace(FaceModel):
    """Speech to motion as the release computes it."""

    def __init__(self, model: ReleaseModel) -> None:
        self.model = model.eval()
        self.styles = (NEUTRAL,)

    @torch.inference_mode()
    def stream(
        self, chunks: Iterable[Samples], _mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield all outputs (T, V * 3) at the end: each depends on the whole sound."""
        samples = gathered(chunks)
        seconds = len(samples) / SAMPLE_RATE
        device = next(self.model.parameters()).device
        features = self.model.encoder(torch.from_numpy(np.asarray(samples)).to(device))
        state.heard(seconds)
        offsets = self.model.decode(features).cpu().numpy()  # (T, V, 3)
        frames = np.arange(frame_count(seconds, self.model.config.fps))
        offsets = offsets[np.minimum(frames, len(offsets) - 1)]  # wav2vec 2.0 leaves out the end
        yield offsets.reshape(len(frames), -1)

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, V * 3) as a motion."""
        config, offsets = self.model.config, outputs.reshape(len(outputs), -1, 3)
        return factorise(offsets, config.fps, topology=config.topology)[0]


def save(folder: str | os.PathLike[str], config: ReleaseConfig, weights: dict[str, Tensor]) -> None:
    """Write a checkpoint of a released model.

    Raises:
        UserError: it cannot be written.
    """
    card = _CARD.format(
        dataset=config.dataset,
        order=" ".join(config.decoder.order),
        topology=config.topology,
        fps=config.fps,
    )
    settings = {"kind": RELEASE, "styles": [NEUTRAL], **asdict(config)}
    save_checkpoint(folder, settings, weights, card=card)


def load(checkpoint: Checkpoint, runtime: Runtime) -> ReleaseFace:
    """Return the model of a checkpoint, computed by torch.

    Raises:
        UserError: settings or weights are missing or damaged.
    """
    model = ReleaseModel(ReleaseConfig.from_json(checkpoint.config))
    checkpoint.fill(model)
    return ReleaseFace(model.to(runtime.device))
