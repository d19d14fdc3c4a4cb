"""The whole decoder."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from model_core.base.errors import UserError
from model_core.encoding.features import BANDS
from model_core.layers.attention import GroupedQueryAttention
from model_core.layers.mamba import Mamba
from model_core.layers.moe import MixtureOfExperts
from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig

SMALL = JambaTalkConfig(
    inputs=20, outputs=5, styles=3, d_model=24, hidden=32, heads=6, kv_heads=2, window=7
)


def build(config: JambaTalkConfig) -> JambaTalk:
    """A model whose output is not the rest pose that an untrained one gives."""
    torch.manual_seed(0)
    model = JambaTalk(config).eval()
    for parameter in model.head.parameters():
        torch.nn.init.normal_(parameter)
    return model


def clip(frames: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, frames, SMALL.inputs, generator=generator), torch.tensor([0, 2])


@pytest.mark.parametrize(
    ("arrangement", "order"),
    [
        ("M-MoE", "MEMTEME"),
        ("MoE-MoE", "EMETEME"),
        ("M-M", "MEMTMEM"),
        ("MoE-M", "EMETMEM"),
        ("no-T", "EMEEME"),
        ("no-MoE", "MMMTMMM"),
        ("all-M", "MMMMMMM"),
        ("all-E", "EEEEEEE"),
        ("all-T", "TTTTTTT"),
    ],
)
def test_arrangements_of_table_2_and_what_it_does_not_remove(arrangement: str, order: str) -> None:
    layers = build(replace(SMALL, arrangement=arrangement)).layers
    built = ""
    for layer in layers:
        if isinstance(layer.mixer, GroupedQueryAttention):
            built += "T"
        else:
            assert isinstance(layer.mixer, Mamba)
            built += "E" if isinstance(layer.feed_forward, MixtureOfExperts) else "M"
    assert built == order


@pytest.mark.parametrize("rope", ["rope", "lrl-rope"])
@pytest.mark.parametrize("window", [7, None])
@pytest.mark.parametrize("fold", [1, 2])
def test_streaming_is_the_forward_pass(rope: str, window: int | None, fold: int) -> None:
    model = build(replace(SMALL, rope=rope, window=window, fold=fold, causal=True))
    features, style = clip(80)
    state, frames = model.init_state(2), []
    for start in range(0, 80, fold):
        step, state = model.step(features[:, start : start + fold], style, state)
        frames.append(step)
    torch.testing.assert_close(torch.cat(frames, 1), model(features, style), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "choice",
    [
        {"arrangement": "all-T", "rope": "none"},
        {"arrangement": "no-T", "discretisation": "hold"},
        {"arrangement": "no-MoE", "plain_gates": True},
    ],
)
def test_ablations_stream_and_get_gradients(choice: dict[str, Any]) -> None:
    model = build(replace(SMALL, **choice, fold=1, causal=True))
    features, style = clip(30)
    state, frames = model.init_state(2), []
    for start in range(30):
        step, state = model.step(features[:, start : start + 1], style, state)
        frames.append(step)
    seen = model.forward_with_aux(features, style)
    torch.testing.assert_close(torch.cat(frames, 1), seen.motion, rtol=1e-5, atol=1e-5)
    (seen.motion.square().mean() + seen.balance).backward()
    moved = [p for name, p in model.named_parameters() if "style" not in name]
    assert all(p.grad is not None and p.grad.isfinite().all() for p in moved)


def test_without_positions_attention_knows_no_order() -> None:
    model = build(replace(SMALL, arrangement="all-T", rope="none", window=None, fold=1))
    features, style = clip(12)
    turned = model(features.flip(1), style).flip(1)
    torch.testing.assert_close(turned, model(features, style), rtol=1e-4, atol=1e-4)
    model = build(replace(SMALL, arrangement="all-T", window=None, fold=1))
    assert (model(features.flip(1), style).flip(1) - model(features, style)).abs().max() > 1e-2


def test_streaming_takes_several_tokens_at_a_time() -> None:
    model = build(replace(SMALL, causal=True))
    features, style = clip(80)
    state, frames = model.init_state(2), []
    for some in features.split([2, 6, 30, 2, 40], dim=1):
        step, state = model.step(some, style, state)
        frames.append(step)
    torch.testing.assert_close(torch.cat(frames, 1), model(features, style), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("change", [{"causal": False}, {"causal": True, "lookahead": 2}])
def test_a_model_that_looks_ahead_refuses_to_stream(change: dict[str, object]) -> None:
    with pytest.raises(UserError, match="looks ahead"):
        build(replace(SMALL, **change)).init_state(1)


@pytest.mark.parametrize("frames", [1, 2, 3, 59, 60])
def test_every_frame_gets_an_output_whatever_the_fold(frames: int) -> None:
    features, style = clip(frames)
    for fold in (1, 2, 3):
        assert build(replace(SMALL, fold=fold))(features, style).shape == (2, frames, 5)


def test_lookahead_sees_just_its_frames_ahead() -> None:
    model = build(replace(SMALL, causal=True, lookahead=3, fold=1))
    torch.nn.init.normal_(model.look.conv.weight)
    features, style = clip(30)
    changed = features.clone()
    changed[:, 20] += 1
    moved = (model(features, style) - model(changed, style)).abs().amax(dim=(0, 2))
    assert moved[:17].max() < 1e-5  # experts given more frames at once may round otherwise
    assert moved[17] > 1e-3


def test_an_untrained_model_is_at_rest() -> None:
    features, style = clip(10)
    assert not JambaTalk(SMALL)(features, style).any()


def test_styles_differ_and_blend() -> None:
    model, (features, _) = build(SMALL), clip(12)
    one, other = (model(features, torch.tensor([s, s])) for s in (0, 2))
    assert not torch.allclose(one, other)
    blended = model(features, torch.tensor([[1.0, 0, 0], [0.5, 0, 0.5]]))
    torch.testing.assert_close(blended[0], one[0])
    assert not torch.allclose(blended[1], one[1])
    assert not torch.allclose(blended[1], other[1])


def test_a_seed_gives_one_model_and_a_model_one_motion() -> None:
    features, style = clip(40)
    first, second = build(SMALL), build(SMALL)
    assert torch.equal(first(features, style), second(features, style))
    assert torch.equal(first(features, style), first(features, style))


@pytest.mark.parametrize("head", ["gated", "vertices"])
def test_every_parameter_learns(head: str) -> None:
    model = build(replace(SMALL, lookahead=2, rope="lrl-rope", head=head, outputs=6)).train()
    torch.nn.init.normal_(model.layers[3].mixer.rope.proj[1].weight)  # zero: hides the other
    features = clip(60)[0]
    motion, balance, *_ = model.forward_with_aux(features, torch.tensor([0, 1]))
    ((motion - 1).square().mean() + balance).backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []
    assert balance.item() == pytest.approx(1.0, abs=0.5)


def test_the_gate_chooses_between_two_regimes() -> None:
    model = build(SMALL)
    features, style = clip(30)
    regimes = []
    for odds in (-50.0, 50.0):
        torch.nn.init.zeros_(model.head.gate.weight)
        torch.nn.init.constant_(model.head.gate.bias, odds)
        regimes.append(model(features, style))
    torch.nn.init.zeros_(model.head.gate.bias)
    torch.testing.assert_close(model(features, style), (regimes[0] + regimes[1]) / 2)
    assert (regimes[0] - regimes[1]).abs().max() > 0.1
    torch.nn.init.ones_(model.head.gate.bias)
    doubtful = model(features, style)
    model.head.sharpen(50.0)
    assert (model(features, style) - regimes[1]).abs().max() < 1e-4
    assert (doubtful - regimes[1]).abs().max() > 0.01


def test_lower_layers_change_nothing_until_they_are_learnt() -> None:
    model, hearing = build(SMALL), build(replace(SMALL, inputs=32 + SMALL.inputs, lower=32))
    hearing.load_state_dict(model.state_dict(), strict=False)
    features, style = clip(40)
    last, levels = features.split([SMALL.inputs - BANDS, BANDS], dim=-1)
    below = torch.randn(2, 40, 32, generator=torch.Generator().manual_seed(2))
    heard = torch.cat([last, below, levels], dim=-1)
    assert torch.equal(hearing(heard, style), model(features, style))
    assert hearing.lower is not None
    torch.nn.init.normal_(hearing.lower.mix.weight)
    learnt = hearing.listened(heard)
    assert (hearing(heard, style) - model(features, style)).abs().max() > 0.01
    assert torch.equal(learnt[..., -BANDS:], levels)


def test_training_lowers_the_loss() -> None:
    torch.manual_seed(0)
    model = JambaTalk(SMALL)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    features, style = clip(60)
    target = features[..., :5].cumsum(1).tanh()
    losses = []
    for _ in range(60):
        motion, balance, *_ = model.forward_with_aux(features, style)
        loss = (motion - target).square().mean() + 0.01 * balance
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrangement": "MoE"},
        {"heads": 5},
        {"kv_heads": 4},
        {"top_k": 5},
        {"top_k": 0},
        {"fold": 0},
        {"window": 0},
        {"rope": "alibi"},
        {"discretisation": "bilinear"},
        {"head": "bones"},
        {"inputs": 0},
        {"lower": -1},
        {"lower": 16},
        {"inputs": "many"},
    ],
)
def test_sizes_that_do_not_go_together_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        replace(SMALL, **wrong)


def test_presets_have_the_papers_sizes() -> None:
    vocaset, biwi = JambaTalkConfig.paper_vocaset(), JambaTalkConfig.paper_biwi()
    assert (vocaset.d_model, vocaset.d_state, vocaset.fps, vocaset.outputs) == (512, 16, 30, 15069)
    assert (biwi.fps, biwi.outputs, biwi.styles, vocaset.styles) == (25, 70110, 6, 8)
    default = JambaTalkConfig.default(inputs=20, outputs=21, styles=4)
    assert default.fps == 60
    assert default.window is not None
    assert JambaTalk(default).order == "EMETEME"


def test_no_manner_changes_nothing_and_manners_do() -> None:
    plain, styles = build(SMALL), SMALL.styles
    model = build(replace(SMALL, manners=2))
    assert model.manners is not None
    torch.nn.init.normal_(model.manners.outer.weight)
    features, style = clip(9)
    drift = torch.zeros(2, 9, styles + 2)
    for given in (None, drift):
        assert torch.equal(model(features, style, given), model(features, style))
    shared = {n: v for n, v in model.state_dict().items() if not n.startswith("manners.")}
    plain.load_state_dict(shared)
    assert torch.equal(model(features, style), plain(features, style))
    drift[..., styles:] = 1.0
    changed = (model(features, style, drift) - model(features, style)).abs()
    assert changed.amax(dim=-1).min() > 1e-4
    seen = model.forward_with_aux(features, style, drift).regimes
    assert seen is not None
    assert torch.equal(seen.gate, model.forward_with_aux(features, style).regimes.gate)
