"""Choices of GLDiTalker's recipes."""

from dataclasses import dataclass
from typing import Literal

from ...base.errors import UserError
from ...base.settings import setting


@dataclass(frozen=True)
class GldOptions:
    """What the paper varies (its tables 3 and 4), and what a machine can bear.

    Raises:
        UserError: there are fewer channels than graph layers, or nothing of something.
    """

    vertex_encoder: Literal["graph", "mlp"] = setting(
        "graph", "stage 1's: spirals over the mesh, or one linear map (table 3)"
    )
    without_stage_1: bool = setting(False, "diffuse the vertices themselves (table 3)")
    kernel: int = setting(9, "vertices of a spiral (table 4)")
    dilation: int = setting(2, "take every so many vertices of a spiral (table 4)")
    layers: int = setting(4, "graph layers, each a quarter of the one before (table 4)")
    pooling: Literal["plain", "face"] = setting(
        "face", "what the layers keep: lips first, or by curvature alone"
    )
    mesh: str | None = setting(None, "a file of the mesh, where it is not FLAME: .obj, .ply")
    channels: tuple[int, ...] = setting((32, 64, 64, 128), "of the graph layers", "32 64 64 128")
    space_width: int = setting(1024, "of the temporal transformers")
    space_layers: int = setting(6, "of each temporal transformer")
    parts: int | None = setting(None, "H, codes a frame", "the preset's")
    code_width: int | None = setting(None, "C, of a code", "the preset's")
    denoiser_width: int = setting(512, "d")
    denoiser_layers: int = setting(1, "of the denoiser")
    latent_epochs: int | None = setting(None, "passes of stage 2", "those of --epochs")
    noise_steps: int = setting(500, "N, of the diffusion")
    draws: int = setting(25, "DDIM steps of a prediction")
    requantise: bool = setting(False, "put what was drawn onto the nearest codes")
    speech_encoder: str = setting(
        "facebook/hubert-base-ls960", 'folder or hub id of a frozen encoder, or "bundled"'
    )

    def __post_init__(self) -> None:
        if len(self.channels) < self.layers:
            raise UserError(
                f"{self.layers} graph layers need as many --channels, not {len(self.channels)}."
            )
        if min(self.kernel, self.dilation, self.layers, self.draws) < 1:
            raise UserError("A kernel, a dilation, layers and draws must each be 1 or more.")
