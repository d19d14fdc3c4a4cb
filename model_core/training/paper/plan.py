"""The sizes of a run, settled from its data and options before anything is trained."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from transformers import Wav2Vec2Config

from ...base.errors import UserError
from ...datasets.dataset import FaceDataset
from ...datasets.index_lists import Indices, read_indices
from ...encoding.features import feature_channels
from ...encoding.frame_wav2vec2 import WAV2VEC2_FPS, wav2vec2_config
from ...encoding.frozen_encoder import frozen_encoder
from ...models.jambatalk.network import JambaTalkConfig
from ...models.talking_head.lip_reader import LipReaderConfig
from ...models.talking_head.options import PaperOptions
from ...models.talking_head.run import Run
from ...rig.rig import load_face_rig
from ...rig.shapes import FLAME_VERTICES
from .recogniser import Recogniser


def plan_run(
    kind: str, dataset: FaceDataset, paper: PaperOptions, recogniser: Recogniser | None
) -> Run:
    """Return the record of a run that is about to begin.

    Raises:
        UserError: an encoder cannot be found, or the mesh's lips are not known.
    """
    _check_pairs(dataset, paper)
    speech = wav2vec2_config(paper.encoder) if paper.tunes else None
    channels = _channels(paper, speech)
    lips = _lips(paper.lips, dataset.vertices) if recogniser else ()
    reader = recogniser and LipReaderConfig(recogniser.width, recogniser.letters, recogniser.blank)
    return Run(
        dataset=dataset.name,
        kind=kind,
        styles=dataset.styles,
        decoder=asdict(_decoder_config(kind, dataset, paper, channels)),
        paper=asdict(paper),
        speech=speech,
        lips=tuple(int(index) for index in lips),
        reader=asdict(reader) if reader else None,
    )


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
        discretisation=paper.discretisation,
        plain_gates=paper.plain_gates,
        d_model=width,
        hidden=preset.hidden * width // preset.d_model,
        heads=paper.heads or preset.heads,
        kv_heads=paper.kv_heads or preset.kv_heads,
    )


def _channels(paper: PaperOptions, speech: dict[str, Any] | None) -> int:
    """Features a frame that the decoder gets."""
    if speech is not None:
        return paper.fold * Wav2Vec2Config(**speech).hidden_size
    return feature_channels(frozen_encoder(paper.encoder))


def _check_pairs(dataset: FaceDataset, paper: PaperOptions) -> None:
    """Raise `UserError` where an encoder's frames do not come in pairs."""
    if paper.pairs and not (paper.tunes and dataset.fps * paper.fold == WAV2VEC2_FPS):
        raise UserError(
            f"--pairs is for data of 25 frames a second ({dataset.name} has {dataset.fps:g}) and "
            "an encoder that is trained along; leave it out, and frames are interpolated."
        )


def _lips(given: str | None, vertices: int) -> Indices:
    """The lip reader's vertices."""
    if given:
        return read_indices(given, vertices, ("lips",))
    if vertices != FLAME_VERTICES:
        raise UserError("Lips are not known on this mesh; name them with --lips FILE.")
    return load_face_rig().regions["outer_lips"].astype(np.int64)
