"""Key and value heads are pooled by their means, and a pooled model can be trained on."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model_core.__main__ import main
from model_core.base.assets import DEFAULT_CHECKPOINT, DEMO_SPEECH
from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig
from model_core.models.predictor import Predictor
from model_core.models.shared_heads import pooled
from model_core.speech.audio import load_audio

MANY = JambaTalkConfig(inputs=6, outputs=3, d_model=16, hidden=16, heads=4, kv_heads=4, window=None)


def _models() -> tuple[JambaTalk, JambaTalk]:
    """One with four key heads, of which each two are alike, and one with two."""
    torch.manual_seed(0)
    many, few = JambaTalk(MANY).eval(), JambaTalk(replace(MANY, kv_heads=2)).eval()
    with torch.no_grad():
        for name, weight in many.named_parameters():
            if name.endswith("mixer.qkv.weight"):
                heads = weight.view(12, 4, 16)  # 4 of queries, 4 of keys, 4 of values
                heads[5], heads[7] = heads[4], heads[6]
                heads[9], heads[11] = heads[8], heads[10]
            elif "head" in name:
                torch.nn.init.normal_(weight)
    return many, few


def test_heads_that_are_alike_pool_without_a_change() -> None:
    many, few = _models()
    few.load_state_dict(pooled(many.state_dict(), asdict(MANY), 2))
    features, style = torch.randn(1, 20, 6), torch.zeros(1, dtype=torch.long)
    torch.testing.assert_close(few(features, style), many(features, style), rtol=1e-5, atol=1e-6)


def test_others_become_their_mean() -> None:
    weights = {"layers.3.mixer.qkv.weight": torch.arange(12 * 4.0)[:, None].expand(-1, 16)}
    found = pooled(weights, asdict(MANY), 1)["layers.3.mixer.qkv.weight"].view(6, 4, 16)[..., 0]
    heads = torch.arange(12 * 4.0).view(12, 4)
    torch.testing.assert_close(found[:4], heads[:4])
    torch.testing.assert_close(found[4:], torch.stack([heads[4:8].mean(0), heads[8:].mean(0)]))


def test_the_shipped_model_with_one_key_head_still_speaks(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    assert main(["convert-gqa", str(DEFAULT_CHECKPOINT), str(folder), "--kv-heads", "1"]) == 0
    samples = load_audio(DEMO_SPEECH, end=2.0)
    before = Predictor.load().predict(samples, fps=30.0)
    after = Predictor.load(folder).predict(samples, fps=30.0)
    assert after.names == before.names
    assert 0.0 < np.abs(after.weights - before.weights).max() < 1.0


def test_a_pooled_run_is_trained_on(
    small_vocaset: Path,
    tiny_wav2vec2: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    common = ["train", "--config", "vocaset", "--data", str(small_vocaset), "--freeze-encoder"]
    common += ["--encoder", str(tiny_wav2vec2), "--cache", str(tmp_path / "cache")]
    common += ["--width", "16", "--heads", "2"]
    first, few, last = (str(tmp_path / name) for name in ("first", "few", "last"))
    assert main([*common, "--kv-heads", "2", "--steps", "2", "--output", first]) == 0
    assert main(["convert-gqa", first, few, "--kv-heads", "1"]) == 0
    again = ["--kv-heads", "1", "--initial", few, "--learning-rate", "1e-9"]
    assert main([*common, *again, "--steps", "1", "--output", last]) == 0
    begun, ended = (torch.load(Path(run) / "last.pt", weights_only=True) for run in (few, last))
    for name, weight in ended.items():
        torch.testing.assert_close(weight, begun[name], rtol=0, atol=1e-6)
    for words, said in (
        ([first, few, "--kv-heads", "1"], "there already"),
        ([first, last + "x", "--kv-heads", "3"], "do not pool to 3"),
        ([str(tmp_path / "none"), last + "x", "--kv-heads", "1"], "none"),
    ):
        assert main(["convert-gqa", *words]) == 2
        assert said in capsys.readouterr().err
