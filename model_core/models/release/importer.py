"""From a released ``.pth`` to the weights and the sizes of a :class:`.model.ReleaseModel`."""

from collections.abc import Mapping
from os import PathLike

import torch
from torch import Tensor

from ...base.errors import UserError
from .decoder import ReleaseDecoderConfig
from .encoder import ReleaseEncoderConfig, current_name
from .model import ReleaseConfig, ReleaseModel
from .pth import read_pth
from .releases import RELEASES, Dataset


def read_release(
    path: str | PathLike[str], dataset: Dataset
) -> tuple[ReleaseConfig, dict[str, Tensor]]:
    """Read a released checkpoint; what only training needs of it is dropped.

    Returns:
        The model's sizes, and its float32 weights by their names in :class:`ReleaseModel`.

    Raises:
        UserError: the file is unreadable or unsafe, or not of this dataset's model.
    """
    weights = _renamed(read_pth(path))
    try:
        config = _config(weights, dataset)
    except UserError as error:
        raise UserError(f"{path} is not the {dataset} release: {error}") from None
    with torch.device("meta"):
        expected = {name: value.shape for name, value in ReleaseModel(config).state_dict().items()}
    for name, shape in expected.items():
        if name not in weights or weights[name].shape != shape:
            raise UserError(
                f"{path} is not the {dataset} release: {name} is missing or not of shape "
                f"{tuple(shape)}."
            )
    return config, {name: weights[name].float().contiguous() for name in expected}


def _renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Released names -> names in :class:`ReleaseModel`."""
    return {
        f"encoder.wav2vec2.{current_name(name.removeprefix('audio_encoder.'))}"
        if name.startswith("audio_encoder.")
        else f"decoder.{name}": value
        for name, value in tensors.items()
    }


def _config(weights: Mapping[str, Tensor], dataset: Dataset) -> ReleaseConfig:
    settings = RELEASES[dataset]
    encoder, decoder = (
        {n.removeprefix(prefix): v for n, v in weights.items() if n.startswith(prefix)}
        for prefix in ("encoder.wav2vec2.", "decoder.")
    )
    return ReleaseConfig(
        dataset=dataset,
        encoder=ReleaseEncoderConfig.of(encoder, settings.encoder_fps, settings.fold),
        decoder=ReleaseDecoderConfig.of(decoder, settings.order, settings.heads),
    )
