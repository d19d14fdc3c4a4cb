"""Export a streaming model's two networks as ONNX graphs without weights.

Most weights are the bundled encoder's, in another folder, which a graph may not name; so a graph
says only that its weights lie elsewhere, and `onnx_steps` gives them to onnxruntime.
"""

from pathlib import Path

import onnx_ir
import torch
from torch import Tensor, nn

from ...base.assets import BUNDLED_ENCODER
from ...base.files import atomic_path
from ...encoding.whisper.causal_whisper import CausalState, CausalWhisper
from ...encoding.whisper.causal_whisper_shape import CONTEXT
from ...encoding.whisper.log_mel import MELS
from ..checkpoint import DECODER_GRAPH, EARS_GRAPH, Checkpoint, write_manifest
from ..jambatalk.export import export_module
from .config import StreamingSettings
from .graphs import DECODER_PREFIX, EARS_PREFIX, WEIGHTS_ELSEWHERE
from .network import DecoderState, StreamingTalk
from .torch_steps import load_streaming

_FRAMES, _TOKENS, _MOST = 13, 7, 1 << 16  # examples that no size of the networks equals


def export_streaming(checkpoint: Checkpoint) -> list[Path]:
    """Write ears.onnx and decoder.onnx, and the manifest anew.

    Returns:
        The graphs' files.

    Raises:
        UserError: the checkpoint is damaged.
    """
    settings = StreamingSettings.from_config(checkpoint.config)
    model = load_streaming(checkpoint, settings, BUNDLED_ENCODER)
    graphs = [_export_ears(model, checkpoint.folder), _export_decoder(model, checkpoint.folder)]
    write_manifest(checkpoint.folder)
    return graphs


class _Ears(nn.Module):
    """The ears of one sound, their state as plain tensors."""

    def __init__(self, ears: CausalWhisper) -> None:
        super().__init__()
        self.ears = ears

    def forward(self, mel: Tensor, cache: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features, state = self.ears.advance(mel[None], CausalState(cache, seen))
        return features[0], state.cache, state.seen


class _Decoder(nn.Module):
    """The decoder of one sound, its state as plain tensors."""

    def __init__(self, model: StreamingTalk) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        features: Tensor,
        style: Tensor,
        conv: Tensor,
        ssm: Tensor,
        cache: Tensor,
        seen: Tensor,
        tail: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        before = DecoderState(conv, ssm, cache, seen, tail)
        frames, after = self.model.decode(features[None], style[None], before)
        return frames, *after


def _export_ears(model: StreamingTalk, folder: Path) -> Path:
    frames = torch.export.Dim("frames", min=1, max=_MOST)
    example = torch.zeros(MELS, 2 * _FRAMES + CONTEXT), *model.init_ears()
    graph = export_module(_Ears(model.ears), example, ({1: 2 * frames + CONTEXT}, None, None))
    return _save(graph, folder / EARS_GRAPH, EARS_PREFIX, model.ears)


def _export_decoder(model: StreamingTalk, folder: Path) -> Path:
    config = model.config
    tokens = torch.export.Dim("tokens", min=1, max=_MOST)
    style = torch.full((config.styles,), 1.0 / config.styles)
    example = torch.zeros(config.fold * _TOKENS, config.inputs), style, *model.init_decoder()
    dynamic = ({0: config.fold * tokens}, *[None] * 6)
    graph = export_module(_Decoder(model), example, dynamic)
    return _save(graph, folder / DECODER_GRAPH, DECODER_PREFIX, model)


def _save(model: onnx_ir.Model, path: Path, prefix: str, network: nn.Module) -> Path:
    """Write a graph that says of a network's weights only that they lie elsewhere."""
    weights = network.state_dict().keys()
    for name, value in model.graph.initializers.items():
        tensor = value.const_value
        if tensor is not None and name.removeprefix(prefix) in weights:
            value.const_value = onnx_ir.ExternalTensor(
                WEIGHTS_ELSEWHERE,
                0,
                tensor.nbytes,
                tensor.dtype,
                shape=onnx_ir.Shape(tensor.shape.numpy()),
                name=name,
                base_dir=path.parent,
            )
    with atomic_path(path) as temporary:
        onnx_ir.save(model, temporary)
    return path
