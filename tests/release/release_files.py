"""A small stand-in for the released ``.pth`` files, with all the keys that those have."""

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC, Wav2Vec2Model

from model_core.models.release.decoder import ReleaseDecoder, ReleaseDecoderConfig
from model_core.models.release.releases import RELEASES, Dataset

HIDDEN = 128
VERTICES = 20


def wav2vec2_config(hidden: int = HIDDEN) -> Wav2Vec2Config:
    """wav2vec2-large-xlsr-53-english, smaller."""
    return Wav2Vec2Config(
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=hidden // 64,
        intermediate_size=160,
        conv_dim=(24,) * 7,
        conv_bias=True,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        vocab_size=33,
    )


def small_decoder(order: str, dim: int, heads: int, inputs: int = HIDDEN) -> ReleaseDecoder:
    """A decoder with random weights, none of them zero."""
    torch.manual_seed(0)
    decoder = ReleaseDecoder(
        ReleaseDecoderConfig(
            inputs=inputs,
            dim=dim,
            outputs=VERTICES * 3,
            order=order,
            heads=heads,
            expert_hidden=4 * dim,
        )
    )
    for parameter in decoder.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return decoder.eval()


def released_tensors(
    dataset: Dataset, old_weight_norm: bool = False, hidden: int = HIDDEN
) -> dict[str, Tensor]:
    """Random weights under the release's names, those of training included."""
    settings = RELEASES[dataset]
    decoder = small_decoder(settings.order, 64, settings.heads, inputs=hidden * settings.fold)
    modules = {
        "audio_encoder.": Wav2Vec2Model(wav2vec2_config(hidden)),
        "text_encoder.": Wav2Vec2ForCTC(wav2vec2_config(hidden)),
        "lip_map.": nn.Linear(30, 64),
        "transformer.": nn.Transformer(64, 2, 1, 1, 64),
        "lm_head.": nn.Linear(64, 33),
        "": decoder,
    }
    tensors = {
        prefix + name: value.clone()
        for prefix, module in modules.items()
        for name, value in module.state_dict().items()
    }
    return {_old(name): t for name, t in tensors.items()} if old_weight_norm else tensors


def write_pth(path: Path, content: object, zipped: bool = True) -> Path:
    """Write what torch.save would have written."""
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


def _old(name: str) -> str:
    """A weight norm's parts as torch before 2.1 spelt them."""
    name = name.replace("parametrizations.weight.original0", "weight_g")
    return name.replace("parametrizations.weight.original1", "weight_v")
