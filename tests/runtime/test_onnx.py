"""onnxruntime computes what torch computes, and runs where torch is absent."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model_core.base.arrays import Array
from model_core.base.assets import DEFAULT_CHECKPOINT, ENCODER_GRAPH
from model_core.base.errors import UserError
from model_core.encoding.loudness import ClipLoudness
from model_core.encoding.whisper.encoder import WhisperEncoder
from model_core.engine.choice import Runtime, choose_runtime
from model_core.engine.onnx_graph import OnnxGraph
from model_core.models.checkpoint import (
    DECODER_GRAPH,
    WEIGHTS_FILE,
    Checkpoint,
    load_checkpoint,
    write_manifest,
)
from model_core.models.face_model import StreamState
from model_core.models.jambatalk.decoder import Decoder
from model_core.models.jambatalk.export import export_graphs
from model_core.models.jambatalk.face import JambaTalkFace
from model_core.models.predictor import Predictor
from model_core.models.registry import load_model
from model_core.performance.manners import MANNERS, MannerWalk
from model_core.performance.takes import StyleWalk
from model_core.speech.audio import load_audio

ROOT = Path(__file__).resolve().parents[2]
LIGHT = Runtime("onnxruntime", "cpu")


def test_predictions_agree(checkpoint: Path, sentence: Path) -> None:
    samples = load_audio(sentence)
    by_torch = Predictor.load(checkpoint, "cpu", "torch").predict(samples, 30.0, "wide")
    light = Predictor.load(checkpoint, "cpu", "onnxruntime")
    by_onnx = light.predict(samples, 30.0, "wide")
    assert light.runtime.describe().startswith("onnxruntime ")
    assert by_torch.weights.std(axis=0).max() > 0.01
    np.testing.assert_allclose(by_onnx.weights, by_torch.weights, atol=1e-4)


def test_a_stream_is_the_clip_in_parts(sentence: Path) -> None:
    samples, style = load_audio(sentence, end=3.0), (0.3, 0.7, 0.0, 0.0)
    model = load_model(load_checkpoint(DEFAULT_CHECKPOINT), LIGHT)
    whole = model.animate(samples, style).weights
    chunks = (samples[at : at + 701] for at in range(0, len(samples), 701))
    state = StreamState(ClipLoudness(samples), step=0.8)
    parts = np.concatenate(list(model.stream(chunks, style, state)))
    assert whole.std(axis=0).max() > 0.01
    np.testing.assert_allclose(model.motion(parts).weights, whole, atol=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 29, 61, 240])
def test_clips_of_any_length_agree(checkpoint: Path, frames: int) -> None:
    by_torch, by_onnx = (_decoder(checkpoint, engine) for engine in ("torch", "onnxruntime"))
    features, style = _features(checkpoint, frames), np.array([0.3, 0.7], np.float32)
    random = np.random.default_rng(1)
    shares = StyleWalk(random, 2, 60.0).rows(frames)
    manners = MannerWalk(random, 60.0).rows(frames)
    drifts = [np.concatenate(each, axis=1) for each in ((shares, 0 * manners), (shares, manners))]
    for added in (None, *drifts):
        outputs = by_onnx(features, style, added)
        assert outputs.shape == (frames, 21)
        np.testing.assert_allclose(outputs, by_torch(features, style, added), atol=1e-4)
    plain, walked, mannered = (by_onnx(features, style, each) for each in (None, *drifts))
    assert min(abs(walked - plain).max(), abs(mannered - walked).max()) > 1e-4


def test_blocks_of_a_clip_are_one_pass(checkpoint: Path) -> None:
    """Whatever their lengths: the graph's state is that of the end of each."""
    features = _features(checkpoint, 401)
    drift = np.random.default_rng(1).normal(size=(401, 2 + len(MANNERS))).astype(np.float32)
    style = np.array([0.3, 0.7], np.float32)
    by_torch, light = (_decoder(checkpoint, engine) for engine in ("torch", "onnxruntime"))
    carried, spans = light.begin(style), (slice(0, 1), slice(1, 170), slice(170, 401))
    assert carried is not None
    parts = [carried(features[span], drift[span], False) for span in spans]
    assert len(parts[0]) == 0 < len(parts[1]) < 170, "the last frames wait for what comes"
    parts.append(carried(features[:0], drift[:0], True))
    whole = by_torch(features, style, drift)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-4)


def _features(checkpoint: Path, frames: int) -> Array:
    """Return noise as the model hears it (frames, C)."""
    width: int = load_checkpoint(checkpoint).config["decoder"]["inputs"]
    return np.random.default_rng(0).normal(size=(frames, width)).astype(np.float32)


def _decoder(checkpoint: Path, engine: str) -> Decoder:
    model = load_model(load_checkpoint(checkpoint), choose_runtime("cpu", engine))
    assert isinstance(model, JambaTalkFace)
    return model.decoder


def test_the_encoder_agrees_across_blocks(sentence: Path) -> None:
    samples = load_audio(sentence, end=6.0)
    layers = load_checkpoint(DEFAULT_CHECKPOINT).config["encoder"]["layers"]
    by_torch = WhisperEncoder(layers=layers).encode(samples)
    for seconds, heard in ((1.7, layers), (120.0, 1)):  # who hears less takes the first channels
        light = WhisperEncoder(runtime=LIGHT, block_seconds=seconds, layers=heard)
        by_onnx = light.encode(samples)
        assert by_onnx.shape[1] == light.channels == 384 * heard
        np.testing.assert_allclose(by_onnx, by_torch[:, : light.channels], atol=1e-3)


def test_a_graph_of_fewer_layers_is_refused() -> None:
    with pytest.raises(UserError, match=r"1152 features a frame of the 1536 .* export-onnx"):
        WhisperEncoder(runtime=LIGHT, layers=4)


def test_it_runs_where_torch_cannot_be_imported(
    checkpoint: Path, sentence: Path, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')\n")
    (tmp_path / "safetensors.py").write_text("raise ImportError('no safetensors here')\n")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
        "from model_core.__main__ import main\n"
        f"sys.exit(main(['predict', {str(sentence)!r}, '--checkpoint', {str(checkpoint)!r}, "
        f"'--end', '1', '-o', {str(tmp_path / 'm.npz')!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "onnxruntime" in done.stdout
    assert (tmp_path / "m.npz").exists()


def test_the_graph_holds_no_weights_and_no_paths(checkpoint: Path) -> None:
    graph = (checkpoint / DECODER_GRAPH).read_bytes()
    assert WEIGHTS_FILE.encode() in graph
    assert len(graph) < 250_000
    assert str(ROOT).encode() not in graph


def test_the_manifest_covers_the_graphs(checkpoint: Path) -> None:
    graph = checkpoint / DECODER_GRAPH
    content = graph.read_bytes()
    try:
        graph.write_bytes(content[:-1] + b"x")
        with pytest.raises(UserError, match=r"decoder\.onnx is damaged"):
            load_checkpoint(checkpoint)
        write_manifest(checkpoint)
        graph.write_bytes(content[: len(content) // 2])
        write_manifest(checkpoint)
        with pytest.raises(UserError, match="is damaged"):
            Predictor.load(checkpoint, "cpu", "onnxruntime")
    finally:
        graph.write_bytes(content)
        write_manifest(checkpoint)


def test_a_zero_order_hold_is_not_exported(checkpoint: Path, tmp_path: Path) -> None:
    config = load_checkpoint(checkpoint).config
    held = {**config, "decoder": {**config["decoder"], "discretisation": "hold"}}
    with pytest.raises(UserError, match="Euler's step only"):
        export_graphs(Checkpoint(tmp_path, held))
    assert not list(tmp_path.iterdir())


def test_what_it_cannot_run_gets_one_sentence(checkpoint: Path) -> None:
    with pytest.raises(UserError, match="needs torch"):
        choose_runtime("cuda", "onnxruntime")
    with pytest.raises(UserError, match="Unknown engine"):
        choose_runtime("cpu", "abacus")
    with pytest.raises(UserError, match="needs torch"):
        LIGHT.require_torch("A model of kind 'release'")
    with pytest.raises(UserError, match="export-onnx"):
        OnnxGraph(checkpoint / "absent.onnx")


@pytest.mark.skipif(
    not (DEFAULT_CHECKPOINT / WEIGHTS_FILE).exists(), reason="the model has not been trained yet"
)
def test_the_model_that_ships_agrees(sentence: Path) -> None:
    assert (DEFAULT_CHECKPOINT / ENCODER_GRAPH).exists()
    samples = load_audio(sentence, end=8.0)
    by_torch = Predictor.load(None, "cpu", "torch")
    by_onnx = Predictor.load(None, "cpu", "onnxruntime")
    for take in (0, 2):
        torch_made, onnx_made = (each.predict(samples, take=take) for each in (by_torch, by_onnx))
        np.testing.assert_allclose(onnx_made.weights, torch_made.weights, atol=1e-3)
