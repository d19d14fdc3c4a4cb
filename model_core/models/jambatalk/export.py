"""Export a checkpoint's networks as ONNX graphs beside its weights.

A graph holds the operations; its weights stay where they are: ONNX's external data names a file, an
offset and a length, and safetensors keeps each tensor as plain bytes at a known offset. So the
weights are stored, hashed and shipped once, whichever engine reads them.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import onnx_ir
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from onnxscript.optimizer import optimize_ir
from torch import nn

from ...base.assets import ENCODER_FILE, ENCODER_GRAPH
from ...base.errors import UserError
from ...base.files import atomic_path
from ...encoding.whisper.local_whisper_config import LocalWhisperConfig
from ...encoding.whisper.log_mel import MELS
from ...encoding.whisper.torch_network import load_local_whisper
from ..checkpoint import DECODER_GRAPH, WEIGHTS_FILE, Checkpoint, write_manifest
from ..registry import JAMBATALK
from .config import JambaTalkConfig
from .face import JambaTalkSettings
from .network import JambaTalk
from .step_shape import StepShape
from .stepped import SteppedJambaTalk, StepState, first_state
from .torch_decoder import load_jambatalk

OPSET = 20
_EXAMPLE_FRAMES, _EXAMPLE_TOKENS = 333, 157  # numbers that no size of the networks equals
MOST_FRAMES = 1 << 24
_TYPES = {
    "F16": onnx_ir.DataType.FLOAT16,
    "F32": onnx_ir.DataType.FLOAT,
    "I64": onnx_ir.DataType.INT64,
}


def export_graphs(checkpoint: Checkpoint) -> list[Path]:
    """Write decoder.onnx and, where the checkpoint has its own encoder, encoder.onnx.

    The manifest is written anew to list them.

    Returns:
        The graphs' files.

    Raises:
        UserError: the checkpoint is of another kind, or cannot be written to.
    """
    if checkpoint.config.get("kind") != JAMBATALK:
        raise UserError("Only a JambaTalk's networks can be exported; give such a checkpoint.")
    graphs = [_export_decoder(checkpoint)]
    if (checkpoint.folder / ENCODER_FILE).exists():
        layers = JambaTalkSettings.from_config(checkpoint.config).encoder.layers
        graphs.append(export_encoder(checkpoint.folder, layers))
    write_manifest(checkpoint.folder)
    return graphs


def _export_decoder(checkpoint: Checkpoint) -> Path:
    config = JambaTalkSettings.from_config(checkpoint.config).decoder
    if config.discretisation != "euler":
        raise UserError(
            "A graph holds Euler's step only; this model was trained with --discretisation hold."
        )
    model, shape = load_jambatalk(checkpoint, config), StepShape.of(config)
    style = torch.full((config.styles,), 1.0 / config.styles)
    if shape is None:
        features, drift = _zeros(config, _EXAMPLE_FRAMES)
        frames = torch.export.Dim("frames", min=1, max=MOST_FRAMES)
        dynamic: tuple[Any, ...] = {0: frames}, None, {0: frames}
        graph = export_module(_OneClip(model), (features, style, drift), dynamic)
        return save_graph(graph, checkpoint.folder / DECODER_GRAPH, WEIGHTS_FILE, "model.")
    length = config.fold * _EXAMPLE_TOKENS + shape.ahead
    features, drift = _zeros(config, length)
    tokens = torch.export.Dim("tokens", min=1, max=MOST_FRAMES)
    frames = config.fold * tokens + shape.ahead
    example = features, style, drift, torch.tensor(length), *first_state(config)
    dynamic = {0: frames}, None, {0: frames}, *[None] * 6
    graph = export_module(_OneStep(model), example, dynamic)
    return save_graph(graph, checkpoint.folder / DECODER_GRAPH, WEIGHTS_FILE, "stepped.model.")


def _zeros(config: JambaTalkConfig, frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features (frames, C) and a drift (frames, drifts) to try a decoder with."""
    return torch.zeros(frames, config.inputs), torch.zeros(frames, config.drifts)


def export_encoder(folder: Path, layers: int = 1) -> Path:
    """Write encoder.onnx beside the encoder's weights; it gives so many layers, the last first."""
    encoder = load_local_whisper(folder / ENCODER_FILE, LocalWhisperConfig(heard=layers))
    frames = torch.export.Dim("frames", min=1, max=MOST_FRAMES)
    graph = export_module(encoder, (torch.zeros(MELS, 2 * _EXAMPLE_FRAMES),), ({1: 2 * frames},))
    return save_graph(graph, folder / ENCODER_GRAPH, ENCODER_FILE, prefix="")


class _OneClip(nn.Module):
    """A decoder without the batch axis: (n, C), (styles,) and (n, drifts) -> (n, K)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, features: torch.Tensor, style: torch.Tensor, drift: torch.Tensor
    ) -> torch.Tensor:
        frames: torch.Tensor = self.model(features[None], style[None], drift[None])[0]
        return frames


class _OneStep(nn.Module):
    """A step without the batch axis, its state as plain tensors."""

    def __init__(self, model: JambaTalk) -> None:
        super().__init__()
        self.stepped = SteppedJambaTalk(model)

    def forward(
        self,
        features: torch.Tensor,
        style: torch.Tensor,
        drift: torch.Tensor,
        inside: torch.Tensor,
        heard: torch.Tensor,
        conv: torch.Tensor,
        ssm: torch.Tensor,
        held: torch.Tensor,
        seen: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        before = StepState(heard, conv, ssm, held, seen)
        given = features[None], style[None], drift[None], inside
        outputs, after = self.stepped(*given, before)
        return outputs[0], *after


def export_module(
    module: nn.Module, example: tuple[torch.Tensor, ...], dynamic: tuple[Any, ...]
) -> onnx_ir.Model:
    """Return a module's graph for inputs whose dynamic axes have any length."""
    program = torch.onnx.export(
        module.eval(),
        example,
        dynamo=True,
        dynamic_shapes=dynamic,
        opset_version=OPSET,
        optimize=False,
        verbose=False,
    )
    assert program is not None  # only the exporter before dynamo returns nothing
    weights = module.state_dict().keys()
    optimize_ir(program.model, should_fold=lambda node: False if _reads(node, weights) else None)
    ClearMetadataAndDocStringPass()(program.model)  # names source files of this machine
    return program.model


def _reads(node: onnx_ir.Node, weights: Collection[str]) -> bool:
    """Whether an input is a weight; what follows from weights is not to end up in the graph."""
    return any(each is not None and each.name in weights for each in node.inputs)


def save_graphs(made: Mapping[str, onnx_ir.Model], folder: Path, encoder_layers: int) -> list[Path]:
    """Write a checkpoint's graphs by their names, its encoder's beside them, and the manifest anew.

    Args:
        made: of modules that hold the network as `model`.
        folder: of the checkpoint.
        encoder_layers: as of `export_encoder`.
    """
    graphs = [
        save_graph(graph, folder / name, WEIGHTS_FILE, "model.") for name, graph in made.items()
    ]
    graphs.append(export_encoder(folder, encoder_layers))
    write_manifest(folder)
    return graphs


def save_graph(model: onnx_ir.Model, path: Path, weights: str, prefix: str) -> Path:
    """Write a graph whose weights are those of a safetensors file in the same folder."""
    stored = _stored_tensors(path.parent / weights)
    for name, value in list(model.graph.initializers.items()):
        tensor = stored.get(name.removeprefix(prefix))
        if tensor is not None:
            _refer(model.graph, value, tensor)
    with atomic_path(path) as temporary:
        onnx_ir.save(model, temporary)
    return path


def _refer(graph: onnx_ir.Graph, value: onnx_ir.Value, tensor: onnx_ir.ExternalTensor) -> None:
    """Read an initial value from a file, and cast it if it is stored in half precision."""
    if tensor.dtype == value.dtype:
        value.const_value = tensor
        return
    name = f"{value.name}.stored"
    half = onnx_ir.Value(name=name, shape=value.shape, type=onnx_ir.TensorType(tensor.dtype))
    half.const_value = tensor
    graph.initializers.pop(str(value.name))
    cast = onnx_ir.node("Cast", [half], attributes={"to": value.dtype})
    cast.outputs[0].name = f"{value.name}.cast"
    value.replace_all_uses_with(cast.outputs[0])
    graph.register_initializer(half)
    graph.insert_before(graph[0], cast)


def _stored_tensors(path: Path) -> dict[str, onnx_ir.ExternalTensor]:
    """Return where each tensor of a safetensors file lies, as ONNX's external data.

    The file is a 64-bit little-endian length, a JSON header of that length with each tensor's
    dtype, shape and span from the header's end, and the tensors' bytes.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return {
        name: onnx_ir.ExternalTensor(
            path.name,
            8 + length + entry["data_offsets"][0],
            entry["data_offsets"][1] - entry["data_offsets"][0],
            _TYPES[entry["dtype"]],
            shape=onnx_ir.Shape(entry["shape"]),
            name=name,
            base_dir=path.parent,
        )
        for name, entry in header.items()
    }
