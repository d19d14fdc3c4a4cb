"""From CTranslate2's file to the local encoder."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.encoding.whisper import log_mel
from model_core.encoding.whisper.ctranslate2_file import read_whisper_encoder
from model_core.encoding.whisper.import_whisper import REFERENCE, make_local, whisper_encoder
from model_core.encoding.whisper.local_whisper import LocalWhisper, LocalWhisperConfig

SMALL = LocalWhisperConfig(dim=32, layers=2, heads=2, hidden=48, reach=20)


def ctranslate2_bytes(variables: dict[str, NDArray[np.float16]], version: int = 6) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    parts = [struct.pack("<I", version), text("WhisperSpec"), struct.pack("<II", 3, len(variables))]
    for name, value in variables.items():
        parts += [
            text(name),
            struct.pack("<B", value.ndim),
            struct.pack(f"<{value.ndim}I", *value.shape),
        ]
        parts += [struct.pack("<BI", 4, value.nbytes), value.tobytes()]
    return b"".join(parts)


def small_file() -> dict[str, NDArray[np.float16]]:
    draw = np.random.default_rng(0)
    dim, hidden = SMALL.dim, SMALL.hidden
    shapes = {
        "conv1/weight": (dim, 80, 3),
        "conv1/bias": (dim,),
        "conv2/weight": (dim, dim, 3),
        "conv2/bias": (dim,),
        "position_encodings/encodings": (1500, dim),
        "layer_norm/gamma": (dim,),
        "layer_norm/beta": (dim,),
    }
    for layer in range(SMALL.layers):
        shapes |= {
            f"layer_{layer}/self_attention/layer_norm/gamma": (dim,),
            f"layer_{layer}/self_attention/layer_norm/beta": (dim,),
            f"layer_{layer}/self_attention/linear_0/weight": (3 * dim, dim),
            f"layer_{layer}/self_attention/linear_0/bias": (3 * dim,),
            f"layer_{layer}/self_attention/linear_1/weight": (dim, dim),
            f"layer_{layer}/self_attention/linear_1/bias": (dim,),
            f"layer_{layer}/ffn/layer_norm/gamma": (dim,),
            f"layer_{layer}/ffn/layer_norm/beta": (dim,),
            f"layer_{layer}/ffn/linear_0/weight": (hidden, dim),
            f"layer_{layer}/ffn/linear_0/bias": (hidden,),
            f"layer_{layer}/ffn/linear_1/weight": (dim, hidden),
            f"layer_{layer}/ffn/linear_1/bias": (dim,),
        }
    drawn = {f"encoder/{n}": draw.normal(0, 0.1, s).astype(np.float16) for n, s in shapes.items()}
    return {"decoder/other": np.ones((2, 2), np.float16), **drawn}


def test_every_encoder_weight_arrives_under_its_name(tmp_path: Path) -> None:
    stored = small_file()
    path = tmp_path / "model.bin"
    path.write_bytes(ctranslate2_bytes(stored))
    weights = read_whisper_encoder(path)
    whisper_encoder(weights, SMALL)  # strict about names and shapes
    fused = stored["encoder/layer_1/self_attention/linear_0/weight"]
    np.testing.assert_array_equal(
        weights["layers.1.self_attn.v_proj.weight"], fused[2 * SMALL.dim :]
    )
    np.testing.assert_array_equal(
        weights["layers.0.fc2.bias"], stored["encoder/layer_0/ffn/linear_1/bias"]
    )


@pytest.mark.parametrize("cut", [0, 3, 40, 5000])
def test_a_cut_file_gets_one_sentence(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(ctranslate2_bytes(small_file())[:cut])
    with pytest.raises(UserError, match="not a CTranslate2 model"):
        read_whisper_encoder(path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(ctranslate2_bytes(small_file(), version=5))
    with pytest.raises(UserError, match="version 5"):
        read_whisper_encoder(path)


def test_relative_tables_stand_for_the_positions(
    tmp_path: Path, speech: NDArray[np.float32]
) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(ctranslate2_bytes(small_file()))
    original = whisper_encoder(read_whisper_encoder(path), SMALL)
    weights = make_local(original, speech[:80000], SMALL)
    energies = log_mel.log_energies(speech, 0, 2000)
    mel = torch.from_numpy(log_mel.normalise(energies, float(energies.max())))

    def at_reference(stored: dict[str, torch.Tensor]) -> torch.Tensor:
        model = LocalWhisper(SMALL)
        model.load_state_dict(stored)
        return model(mel)[REFERENCE]

    blind = {n: torch.zeros_like(v) if "relative" in n else v for n, v in weights.items()}
    padded = torch.nn.functional.pad(mel, (0, 1000), value=float(mel.min()))
    with torch.inference_mode():
        expected = original(padded[None]).last_hidden_state[0, REFERENCE]
        error = (at_reference(weights) - expected).norm()
        assert error < 0.7 * (at_reference(blind) - expected).norm()
