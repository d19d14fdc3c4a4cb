"""The speech loss measures what it says, in millimetres."""

import numpy as np
import pytest
import torch

from model_core.layers.regime_head import Regimes
from model_core.rig.lip_geometry import lip_curves
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.training.bundled.losses import SpeechLoss, SpeechLossWeights

RIG = load_face_rig()
JAW, CLOSE = SPEECH_SHAPES.index("jawOpen"), SPEECH_SHAPES.index("mouthClose")


@pytest.fixture
def loss() -> SpeechLoss:
    shares = SpeechLossWeights(shapes=1, skin=1, lips=1, velocity=1, closure=1)
    return SpeechLoss(RIG, SPEECH_SHAPES, shares)


def random_weights(seed: int, frames: int = 40) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(0, 0.5, (1, frames, len(SPEECH_SHAPES)))).float()


def test_a_perfect_prediction_costs_nothing_but_its_closures(loss: SpeechLoss) -> None:
    weights = random_weights(0)
    terms = loss(weights, weights)
    for name in ("shapes", "skin", "lips", "velocity"):
        assert float(terms[name]) == pytest.approx(0, abs=1e-9)


def test_skin_is_the_mean_squared_distance_of_the_mouth_s_vertices(loss: SpeechLoss) -> None:
    predicted, target = random_weights(1), random_weights(2)
    basis = RIG.select(SPEECH_SHAPES)[:, RIG.regions["mouth"]] * 1000
    offsets = np.einsum("tk,kvc->tvc", (predicted - target)[0].numpy(), basis)
    expected = np.square(offsets).sum(axis=-1).mean()
    assert float(loss(predicted, target)["skin"]) == pytest.approx(expected, rel=1e-4)


def test_lips_follow_the_scored_opening(loss: SpeechLoss) -> None:
    weights = random_weights(3)
    opening = (weights @ loss.lips)[0, :, :3].mean(-1).numpy()
    scored = lip_curves(weights[0].numpy(), RIG.select(SPEECH_SHAPES)).opening
    np.testing.assert_allclose(opening, scored, atol=1e-3)


def test_a_missed_closure_and_a_false_one_cost_extra(loss: SpeechLoss) -> None:
    open_jaw = torch.zeros(1, 20, len(SPEECH_SHAPES))
    open_jaw[..., JAW] = 0.3
    closed = open_jaw.clone()
    closed[..., CLOSE] = 0.3
    assert float(loss(open_jaw, closed)["closure"]) > 1
    assert float(loss(closed, open_jaw)["closure"]) > 1
    assert float(loss(closed, closed)["closure"]) < 0.05


def test_the_gate_is_told_where_lips_meet(loss: SpeechLoss) -> None:
    target = torch.zeros(1, 20, len(SPEECH_SHAPES))
    target[:, :10, JAW] = 0.3
    sure = torch.full((1, 20, 1), 8.0)
    sure[:, :12] = -8.0  # sure of a closure from its third frame on
    told, doubtful, wrong = (
        float(loss(target, target, Regimes(target, target, gate))["gate"])
        for gate in (sure, torch.zeros(1, 20, 1), -sure)
    )
    assert told < 0.1 * doubtful < 0.01 * wrong


def test_each_regime_is_taught_where_it_holds(loss: SpeechLoss) -> None:
    target = torch.zeros(1, 20, len(SPEECH_SHAPES))
    target[:, :10, JAW] = 0.3
    apart, together = (target.clone().requires_grad_() for _ in range(2))
    with torch.no_grad():
        apart += 0.1
        together += 0.1
    terms = loss(target, target, Regimes(apart, together, torch.zeros(1, 20, 1)))
    terms["lips"].backward()
    learning = [regime.grad.abs().amax(-1)[0] > 1e-2 for regime in (apart, together)]
    assert learning[0].tolist() == [True] * 12 + [False] * 8
    assert learning[1].tolist() == [False] * 12 + [True] * 8


def test_jitter_costs_velocity(loss: SpeechLoss) -> None:
    target = random_weights(4, 1).repeat(1, 40, 1)
    steady, jittery = target + 0.01, target.clone()
    jittery[:, ::2] += 0.01
    jittery[:, 1::2] -= 0.01
    assert float(loss(steady, target)["velocity"]) == pytest.approx(0, abs=1e-9)
    assert float(loss(jittery, target)["velocity"]) > 4 * float(loss(steady, target)["skin"])


def test_half_precision_of_the_model_does_not_reach_the_loss(loss: SpeechLoss) -> None:
    predicted, target = random_weights(5), random_weights(6)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = loss(predicted, target)
    plain = loss(predicted, target)
    assert float(mixed["lips"]) == pytest.approx(float(plain["lips"]), rel=1e-6)
