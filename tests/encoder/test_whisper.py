"""The bundled encoder: what it keeps of Whisper, and that time is all alike to it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from transformers.models.whisper.modeling_whisper import sinusoids

from model_core.base.assets import BUNDLED_ENCODER
from model_core.base.errors import UserError
from model_core.encoding.registry import EncoderConfig, bundled_encoder, load_encoder
from model_core.encoding.whisper import log_mel
from model_core.encoding.whisper.encoder import WhisperEncoder
from model_core.encoding.whisper.import_whisper import REFERENCE, whisper_encoder
from model_core.encoding.whisper.local_whisper import LocalWhisperConfig

Features = NDArray[np.float32]


def distance(ours: Features, expected: Features) -> float:
    return float(np.linalg.norm(ours - expected) / np.linalg.norm(expected))


def original(speech: NDArray[np.float32], turn: int) -> Features:
    """Whisper's own features (1500, 384) with the speech moved by `turn` frames of 20 ms."""
    weights = {
        name: value.astype(np.float32)
        for name, value in load_file(BUNDLED_ENCODER).items()
        if "relative" not in name and name != "position"
    }
    weights["embed_positions.weight"] = sinusoids(1500, 384).numpy()
    energies = log_mel.log_energies(speech, 0, 1000)
    mel = log_mel.normalise(energies, log_mel.peak_energy(speech, 0, 1000))
    padded = np.full((80, 3000), mel.min(), np.float32)
    padded[:, 2 * turn : 2 * turn + 1000] = mel
    with torch.inference_mode():
        encoder = whisper_encoder(weights, LocalWhisperConfig())
        return encoder(torch.from_numpy(padded)[None]).last_hidden_state[0].numpy()


def test_frames_are_close_to_whisper_at_the_reference_position(
    speech: NDArray[np.float32],
) -> None:
    ours = bundled_encoder().encode(speech[: 10 * 16000])
    at_start = original(speech, 0)
    errors, elsewhere = [], []
    for frame in (220, 280):
        expected = original(speech, REFERENCE - frame)[REFERENCE]
        errors.append(distance(ours[frame], expected))
        elsewhere.append(distance(at_start[frame], expected))
    assert np.mean(errors) < 0.35
    assert np.mean(errors) < 0.7 * np.mean(elsewhere)  # nearer than Whisper is to itself


def test_blocks_do_not_show(speech: NDArray[np.float32]) -> None:
    whole = bundled_encoder().encode(speech)
    for seconds in (3.14, 9.0):
        assert distance(WhisperEncoder(block_seconds=seconds).encode(speech), whole) < 1e-5


def test_lower_layers_are_heard_beside_the_last_one(speech: NDArray[np.float32]) -> None:
    last = bundled_encoder().encode(speech)
    three = load_encoder(EncoderConfig(layers=3))
    heard = three.encode(speech)
    assert heard.shape == (len(last), three.channels) == (len(last), 3 * 384)
    np.testing.assert_array_equal(heard[:, :384], last)
    assert distance(heard[:, 384:768], heard[:, 768:]) > 0.1
    assert distance(WhisperEncoder(layers=3, block_seconds=3.14).encode(speech), heard) < 1e-5


def test_features_do_not_depend_on_where_a_sound_stands(speech: NDArray[np.float32]) -> None:
    whole = bundled_encoder().encode(speech)
    later = bundled_encoder().encode(speech[7 * 16000 :])  # holds the loudest part as well
    reach = LocalWhisperConfig().context
    assert distance(later[reach:], whole[350 + reach :]) < 1e-2


@pytest.mark.parametrize("samples", [1, 5, 100, 319, 320, 321, 16000])
def test_any_length(samples: int) -> None:
    silence = bundled_encoder().encode(np.zeros(samples, np.float32))
    assert silence.shape == (max(1, -(-samples // 320)), 384)
    assert np.isfinite(silence).all()


def test_missing_and_foreign_weights(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        WhisperEncoder(tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(BUNDLED_ENCODER.read_bytes()[:100_000])
    with pytest.raises(UserError, match="not the speech encoder"):
        WhisperEncoder(tmp_path / "cut.safetensors")


def test_settings_are_checked() -> None:
    with pytest.raises(UserError, match="Unknown speech encoder"):
        EncoderConfig(kind="gramophone")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="folder or hub id"):
        EncoderConfig(kind="hubert")
    for layers in (0, 5, 1.5, True):
        with pytest.raises(UserError, match="gives 1 to 4 layers"):
            EncoderConfig(layers=layers)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="gives 1 to 1 layers"):
        EncoderConfig(kind="hubert", source="somewhere", layers=2)
    assert load_encoder(EncoderConfig()).channels == 384
