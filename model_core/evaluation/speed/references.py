"""What others of the field would take for the same sound on the same cores.

Weights are random: they do not change the cost. Each is the published architecture, and does what
it does for a new sound; reading the sound and writing the result are left out, but for Rhubarb,
which is a program.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...layers.mamba import Mamba
from ...speech.audio import SAMPLE_RATE
from .lengths import tiled
from .rows import Row, best_seconds

_WHISPER_SECONDS = 30.0  # it pads every sound to that
_FACE_FPS, _FACE_WIDTH, _FACE_OUTPUTS = 30.0, 64, 5023 * 3  # FaceFormer on VOCASET
_MAMBA_WIDTH, _MAMBA_FPS = 256, 30.0


def reference_rows(seconds: float, ours: float, *, small: bool = False) -> list[Row]:
    """Return rows of the references at a length.

    Args:
        seconds: of speech.
        ours: seconds the product takes for it, encoder, decoder and all.
        small: one layer of each, to try the measuring itself.
    """
    taken = {
        "whisper-tiny's encoder (transformers)": _whisper(seconds, small),
        "wav2vec2-base (transformers)": (hearing := _wav2vec2(seconds, small)),
        "wav2vec2-base and FaceFormer's decoder": hearing + _face_former(seconds),
    }
    word = " (one layer)" if small else ""
    rows = [
        Row(f"{name}{word}, {seconds:g} s", each, "s", each / ours, "times what ours takes")
        for name, each in taken.items()
    ]
    return [*rows, _mamba(seconds), *_rhubarb(seconds, ours)]


@torch.inference_mode()
def _once(work: Callable[[], object]) -> float:
    work()  # as ours is: a first call pays for what is made once
    return best_seconds(work, 1)


def _whisper(seconds: float, small: bool) -> float:
    """whisper-tiny's encoder: windows of 30 s, each padded to it."""
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    sizes = {"encoder_layers": 1 if small else 4, "encoder_attention_heads": 6, "d_model": 384}
    config = WhisperConfig(**sizes, encoder_ffn_dim=1536)
    model, mel = WhisperEncoder(config).eval(), torch.zeros(1, config.num_mel_bins, 3000)
    return _once(lambda: model(mel)) * -(-seconds // _WHISPER_SECONDS)


def _wav2vec2(seconds: float, small: bool) -> float:
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    model = Wav2Vec2Model(Wav2Vec2Config(num_hidden_layers=1 if small else 12)).eval()
    sound = torch.from_numpy(tiled(seconds))[None]
    return _once(lambda: model(sound))


class _FaceFormerDecoder(nn.Module):
    """An autoregressive decoder of FaceFormer's size: every frame runs through all before it."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerDecoderLayer(_FACE_WIDTH, 4, 2 * _FACE_WIDTH, batch_first=True)
        self.decoder = nn.TransformerDecoder(layer, 1)
        self.to_face = nn.Linear(_FACE_WIDTH, _FACE_OUTPUTS)
        self.of_face = nn.Linear(_FACE_OUTPUTS, _FACE_WIDTH)

    def forward(self, heard: Tensor) -> Tensor:
        """(1, T, C) speech -> (1, T, C) frames, one after the other."""
        seen = heard.new_zeros(1, 1, _FACE_WIDTH)
        for _ in range(heard.shape[1]):
            mask = nn.Transformer.generate_square_subsequent_mask(seen.shape[1])
            faces = self.to_face(self.decoder(seen, heard, tgt_mask=mask))
            seen = torch.cat([seen, self.of_face(faces[:, -1:])], dim=1)
        return seen


def _face_former(seconds: float) -> float:
    model = _FaceFormerDecoder().eval()
    heard = torch.zeros(1, round(seconds * _FACE_FPS), _FACE_WIDTH)
    return _once(lambda: model(heard))


def _mamba(seconds: float) -> Row:
    """One Mamba block by transformers' way without its CUDA kernels, against ours."""
    from transformers import MambaConfig
    from transformers.models.mamba.modeling_mamba import MambaMixer

    config = MambaConfig(hidden_size=_MAMBA_WIDTH, state_size=16, num_hidden_layers=1)
    theirs: Any = MambaMixer(config, layer_idx=0).eval()
    ours = Mamba(_MAMBA_WIDTH).eval()
    x = torch.randn(1, round(seconds * _MAMBA_FPS), _MAMBA_WIDTH)
    slow, own = _once(lambda: theirs(x)), _once(lambda: [ours(x) for _ in range(3)]) / 3
    name = f"Mamba block (transformers, slow path), {seconds:g} s"
    return Row(name, slow, "s", slow / own, "times our block")


def _rhubarb(seconds: float, ours: float) -> list[Row]:
    """Rhubarb Lip Sync, where it is installed."""
    program = shutil.which("rhubarb")
    if program is None:
        return []
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        soundfile.write(path, tiled(seconds), SAMPLE_RATE)
        command = [program, "--quiet", "--recognizer", "phonetic", str(path)]
        taken = best_seconds(lambda: subprocess.run(command, check=True, capture_output=True), 1)
    name = f"Rhubarb Lip Sync (phonetic), {seconds:g} s"
    return [Row(name, taken, "s", taken / ours, "times what ours takes")]
