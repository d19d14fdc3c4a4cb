"""The tongue's head: beside the lips, which stay what they were; older models go on without it."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model_core.base.assets import DEFAULT_CHECKPOINT
from model_core.base.errors import UserError
from model_core.encoding.registry import EncoderConfig
from model_core.models.checkpoint import load_checkpoint
from model_core.models.jambatalk.config import JambaTalkConfig
from model_core.models.jambatalk.face import JambaTalkSettings, save
from model_core.models.jambatalk.network import JambaTalk
from model_core.models.jambatalk.torch_decoder import load_jambatalk
from model_core.rig.arkit import SPEECH_TONGUE
from model_core.rig.shapes import SPEECH_SHAPES

SMALL = JambaTalkConfig(
    inputs=20, outputs=5, tongue=4, styles=3, d_model=24, hidden=32, heads=6, kv_heads=2, window=7
)


def build(config: JambaTalkConfig) -> JambaTalk:
    torch.manual_seed(0)
    model = JambaTalk(config).eval()
    for part in (model.head, model.tongue):
        for parameter in part.parameters() if part is not None else ():
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def test_columns_of_the_tongue_come_after_the_lips_which_it_does_not_change() -> None:
    model = build(SMALL)
    bare = JambaTalk(replace(SMALL, tongue=0)).eval()
    kept = {n: v for n, v in model.state_dict().items() if not n.startswith("tongue.")}
    bare.load_state_dict(kept)
    features, style = torch.randn(2, 31, 20), torch.tensor([0, 2])
    whole, lips = model(features, style), bare(features, style)
    assert whole.shape == (2, 31, 9)
    torch.testing.assert_close(whole[..., :5], lips, rtol=0, atol=1e-6)
    assert whole[..., 5:].abs().max() > 0.01
    seen = model.forward_with_aux(features, style)
    assert seen.motion.shape == (2, 31, 5)  # what trainings compare with lips


def test_a_stream_says_what_a_whole_clip_says() -> None:
    model = build(replace(SMALL, causal=True))
    features, style = torch.randn(1, 24, 20), torch.tensor([1])
    state, frames = model.init_state(1), []
    for start in range(0, 24, 2):
        step, state = model.step(features[:, start : start + 2], style, state)
        frames.append(step)
    torch.testing.assert_close(torch.cat(frames, 1), model(features, style), rtol=1e-5, atol=1e-5)


def test_settings_without_a_tongue_are_read_and_wrong_counts_refused() -> None:
    config = JambaTalkConfig(inputs=388, outputs=len(SPEECH_SHAPES))
    settings = JambaTalkSettings(
        encoder=EncoderConfig(), decoder=config, styles=("neutral",), names=SPEECH_SHAPES
    )
    old = asdict(settings)
    del old["decoder"]["tongue"]
    assert JambaTalkSettings.from_config(old).decoder.tongue == 0
    with pytest.raises(UserError, match="moves 25 shapes, not 21"):
        replace(settings, decoder=replace(config, tongue=4))


shipped = load_checkpoint(DEFAULT_CHECKPOINT)


def test_the_shipped_lips_are_what_they_are_without_the_tongue(tmp_path: Path) -> None:
    settings = JambaTalkSettings.from_config(shipped.config)
    assert settings.names == (*SPEECH_SHAPES, *SPEECH_TONGUE)
    with_tongue = load_jambatalk(shipped, settings.decoder)
    bare = JambaTalk(replace(settings.decoder, tongue=0)).eval()
    kept = with_tongue.state_dict().items()
    bare.load_state_dict({n: v for n, v in kept if not n.startswith("tongue.")})
    lips = replace(settings, decoder=bare.config, names=SPEECH_SHAPES)
    save(tmp_path, bare, lips, "card", encoder_weights=None, half=True)
    again = load_jambatalk(load_checkpoint(tmp_path), bare.config)
    features = (
        np.random.default_rng(0).normal(size=(1, 90, settings.decoder.inputs)).astype(np.float32)
    )
    heard, style = torch.from_numpy(features), torch.tensor([0])
    with torch.no_grad():
        whole, alone = with_tongue(heard, style), again(heard, style)
    torch.testing.assert_close(whole[..., : len(SPEECH_SHAPES)], alone, rtol=0, atol=1e-6)


def test_the_shipped_model_is_small() -> None:
    assert sum(each.stat().st_size for each in DEFAULT_CHECKPOINT.iterdir()) < 32 << 20
