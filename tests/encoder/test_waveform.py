"""wav2vec 2.0, HuBERT and WavLM (small, random weights) against transformers itself."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import (
    HubertConfig,
    HubertModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
    WavLMConfig,
    WavLMModel,
)

from model_core.base.errors import UserError
from model_core.encoding import waveform
from model_core.encoding.registry import EncoderConfig, load_encoder
from model_core.encoding.speech_encoder import SpeechEncoder

FAMILIES = {
    "wav2vec2": (Wav2Vec2Config, Wav2Vec2Model),
    "hubert": (HubertConfig, HubertModel),
    "wavlm": (WavLMConfig, WavLMModel),
}
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


def small_model(folder: Path, kind: str, norm: str) -> torch.nn.Module:
    torch.manual_seed(0)
    config, model = FAMILIES[kind]
    made = model(config(**SIZES, feat_extract_norm=norm)).eval()
    made.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return made


def distance(ours: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(ours - expected) / np.linalg.norm(expected))


def ramped(speech: NDArray[np.float32]) -> NDArray[np.float32]:
    """Speech that grows fiftyfold, which a normalisation by window would hide."""
    return speech * np.linspace(0.02, 1.0, len(speech), dtype=np.float32)


@pytest.mark.parametrize("norm", ["group", "layer"])
@pytest.mark.parametrize("kind", FAMILIES)
def test_a_short_clip_gives_what_transformers_gives(
    tmp_path: Path, speech: NDArray[np.float32], kind: str, norm: str
) -> None:
    model = small_model(tmp_path, kind, norm)
    clip = speech[:80000]
    prepared = Wav2Vec2FeatureExtractor(do_normalize=True)(
        clip, sampling_rate=16000, return_tensors="pt"
    )
    with torch.inference_mode():
        expected = model(prepared["input_values"]).last_hidden_state[0].numpy()
    encoder = load_encoder(EncoderConfig(kind=kind, source=str(tmp_path)))  # type: ignore[arg-type]
    assert distance(encoder.encode(clip), expected) < 1e-4


@pytest.mark.parametrize("kind", FAMILIES)
def test_windows_do_not_show(
    tmp_path: Path,
    speech: NDArray[np.float32],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_model(tmp_path, kind, "group")
    encoder = load_encoder(EncoderConfig(kind=kind, source=str(tmp_path)))  # type: ignore[arg-type]
    clip = np.tile(ramped(speech), 2)

    def windowed(frames: int) -> NDArray[np.float32]:
        monkeypatch.setattr(waveform, "_WINDOW", frames)
        return encoder.encode(clip)

    whole = windowed(3000)
    assert distance(windowed(1300), windowed(1111)) < 1e-2
    assert distance(windowed(1300), whole) < 1e-2


def test_frames_carry_their_times(tmp_path: Path) -> None:
    small_model(tmp_path, "wav2vec2", "layer")
    encoder: SpeechEncoder = load_encoder(EncoderConfig(kind="wav2vec2", source=str(tmp_path)))
    assert (encoder.rate, encoder.delay) == (50.0, 0.0125)  # 400 samples heard, every 320
    assert encoder.encode(np.zeros(5, np.float32)).shape == (1, 32)


def test_what_cannot_be_loaded_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be loaded"):
        load_encoder(EncoderConfig(kind="wavlm", source=str(tmp_path)))
    small_model(tmp_path, "hubert", "layer")
    with pytest.raises(UserError, match="is a hubert model, not wavlm"):
        load_encoder(EncoderConfig(kind="wavlm", source=str(tmp_path)))
