"""The sizes of a run, settled from its data and options before anything is trained."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...base.arrays import Ints
from ...base.errors import UserError
from ...datasets.biwi import RawBiwi
from ...datasets.dataset import FaceDataset
from ...datasets.index_lists import read_indices
from ...encoding.features import feature_channels
from ...encoding.frozen_encoder import encoder_config, frozen_encoder
from ...models.glditalker.config import DiffusionConfig, GLDiTalkerConfig, SpaceConfig
from ...models.glditalker.face import PAIR, GLDiTalkerSettings
from ...models.glditalker.options import GldOptions
from ...models.talking_head.face import topology
from ...rig.mesh_file import read_geometry
from ...rig.pyramid.pyramid import Layer, pyramid
from ...rig.pyramid.surface import Pooling, Surface, flame_surface
from ...rig.rig import load_face_rig
from ...rig.shapes import FLAME_VERTICES
from ...rig.transfer.head_mesh import triangles

_HEADS, _NARROWEST_HEAD = 8, 16  # heads of the temporal transformers, channels of one
_FEED = 1.5  # hidden over width there
_DENOISER_HEADS = 4


def plan_layers(dataset: FaceDataset, gld: GldOptions, lips: str | None) -> list[Layer]:
    """Return the graph layers; none where stage 1 has no graph, or there is no stage 1.

    Raises:
        UserError: the triangles of the data's mesh are not known, or there are too few.
    """
    if gld.without_stage_1 or gld.vertex_encoder == "mlp":
        return []
    if dataset.vertices == FLAME_VERTICES and gld.mesh is None:
        return _flame_layers(gld.pooling, gld.layers, gld.kernel, gld.dilation)
    return pyramid(_surface(dataset, gld, lips), gld.layers, gld.kernel, gld.dilation)


@lru_cache(maxsize=4)
def _flame_layers(pooling: Pooling, layers: int, kernel: int, dilation: int) -> list[Layer]:
    """Return the graph layers of FLAME's mesh."""
    return pyramid(flame_surface(load_face_rig(), pooling), layers, kernel, dilation)


def plan_settings(
    kind: str, dataset: FaceDataset, gld: GldOptions, layers: Sequence[Layer]
) -> GLDiTalkerSettings:
    """Return what a checkpoint will say, all of which is known before training.

    Raises:
        UserError: sizes do not go together, or the encoder cannot be found.
    """
    space = None if gld.without_stage_1 else _space(kind, dataset.vertices, gld, layers)
    diffusion = DiffusionConfig(
        latent=space.latent if space else 3 * dataset.vertices,
        inputs=PAIR * feature_channels(frozen_encoder(gld.speech_encoder)),
        styles=len(dataset.styles),
        period=round(dataset.fps),
        width=gld.denoiser_width,
        layers=gld.denoiser_layers,
        heads=_DENOISER_HEADS,
        hidden=2 * gld.denoiser_width,
        steps=gld.noise_steps,
    )
    model = GLDiTalkerConfig(
        fps=dataset.fps,
        vertices=dataset.vertices,
        space=space,
        diffusion=diffusion,
        draws=gld.draws,
        requantise=gld.requantise,
    )
    return GLDiTalkerSettings(
        encoder=encoder_config(gld.speech_encoder),
        model=model,
        styles=dataset.styles,
        topology=topology(dataset.vertices),
    )


def _space(kind: str, vertices: int, gld: GldOptions, layers: Sequence[Layer]) -> SpaceConfig:
    """Return stage 1's sizes: the preset of the dataset with the options' changes."""
    parts, code_width = (8, 128) if kind == "biwi" else (16, 64)
    return SpaceConfig(
        vertices=vertices,
        rows=tuple(len(layer.kept) for layer in layers),
        channels=gld.channels[: gld.layers],
        kernel=gld.kernel,
        width=gld.space_width,
        layers=gld.space_layers,
        heads=min(_HEADS, max(1, gld.space_width // _NARROWEST_HEAD)),
        hidden=round(_FEED * gld.space_width),
        parts=gld.parts or parts,
        code_width=gld.code_width or code_width,
    )


def _surface(dataset: FaceDataset, gld: GldOptions, lips: str | None) -> Surface:
    """Return the mesh of a dataset's vertices, where it is not FLAME's."""
    points, faces = _mesh(dataset, gld.mesh)
    if len(points) != dataset.vertices:
        raise UserError(
            f"{gld.mesh} has {len(points)} vertices, {dataset.name} {dataset.vertices}; "
            "give the data's own mesh."
        )
    if gld.pooling == "plain":
        return Surface.plain(points, faces)
    if lips is None:
        raise UserError("Lips are not known on this mesh; name them with --lips FILE.")
    return Surface.face(points, faces, {"outer_lips": read_indices(lips, len(points), ("lips",))})


def _mesh(dataset: FaceDataset, path: str | None) -> tuple[np.ndarray, Ints]:
    """Return points (V, 3) and triangles (F, 3)."""
    if path is not None:
        geometry = read_geometry(Path(path))
        return geometry.points, triangles(geometry)
    if isinstance(dataset, RawBiwi):
        return next(iter(dataset.templates.values())), dataset.triangles
    raise UserError(
        f"{dataset.name}'s triangles are not known; give a mesh of its {dataset.vertices} vertices "
        "with --mesh FILE."
    )
