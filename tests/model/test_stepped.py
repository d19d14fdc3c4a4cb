"""A clip in steps of tensors of one size, as a graph takes them: what one pass gives."""

import numpy as np
import pytest
import torch

from model_core.models.jambatalk.step_shape import StepShape
from model_core.models.jambatalk.stepped import SteppedJambaTalk, first_state

from .test_carried import model_of


@pytest.mark.parametrize("steps", [(1,), (40, 1), (1, 2, 3, 40, 5)])
@pytest.mark.parametrize(
    "sizes",
    [
        {"lookahead": 2, "inputs": 17, "lower": 8},
        {"lookahead": 4, "fold": 3, "tongue": 2, "manners": 3},
        {"lookahead": 1, "arrangement": "M-M", "window": 1, "rope": "none"},
    ],
)
@torch.inference_mode()
def test_steps_of_any_length_are_one_pass(sizes: dict[str, object], steps: tuple[int, ...]) -> None:
    model, random = model_of(**sizes), np.random.default_rng(0)
    config, shape = model.config, StepShape.of(model.config)
    assert shape is not None
    length = sum(steps) * config.fold - (config.fold - 1)  # the last token is not whole
    features, drift = (
        torch.from_numpy(random.normal(size=(1, length, width)).astype(np.float32))
        for width in (config.inputs, config.drifts)
    )
    style, state = torch.tensor([[0.25, 0.75]]), first_state(config)
    whole = model(features, style, drift)
    beyond = torch.full((1, shape.ahead + config.fold, 1), 7.0)  # of what there is no more
    features, drift = (
        torch.cat([each, beyond.expand(-1, -1, each.shape[2])], 1) for each in (features, drift)
    )
    parts, first, stepped = [], 0, SteppedJambaTalk(model)
    for tokens in steps:
        span = slice(first, first + tokens * config.fold + shape.ahead)
        inside = torch.tensor(min(span.stop, length) - first)
        outputs, state = stepped(features[:, span], style, drift[:, span], inside, state)
        parts.append(outputs)
        first += tokens * config.fold
    torch.testing.assert_close(torch.cat(parts, 1)[:, :length], whole, rtol=1e-4, atol=1e-5)
    assert whole.std() > 0.01


def test_what_is_not_stepped() -> None:
    for sizes in ({"window": None}, {"causal": True}, {"rope": "lrl-rope"}, {"lookahead": 0}):
        assert StepShape.of(model_of(**{"lookahead": 2} | sizes).config) is None
    for arrangement in ("all-T", "all-M"):
        assert StepShape.of(model_of(lookahead=2, arrangement=arrangement).config) is None
