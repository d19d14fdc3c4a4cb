"""A clip in blocks, each layer carrying on where it was: what one pass over all of it gives."""

import numpy as np
import pytest
import torch

from model_core.models.jambatalk.carried import CarriedJambaTalk
from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig

SIZES = {"inputs": 3, "outputs": 4, "styles": 2, "d_model": 16, "hidden": 8, "experts": 2}
SIZES |= {"d_state": 4, "heads": 2, "kv_heads": 1, "window": 9}


def model_of(**sizes: object) -> JambaTalk:
    torch.manual_seed(0)
    model = JambaTalk(JambaTalkConfig(**SIZES | sizes)).eval()  # type: ignore[arg-type]
    for name, parameter in model.named_parameters():
        if name.startswith(("head.", "tongue.", "manners.", "lower.")):
            torch.nn.init.normal_(parameter, std=0.5)
    return model


@pytest.mark.parametrize("lengths", [(1,), (64, 1), (1, 2, 3, 40, 5), (30, 30, 30, 7)])
@pytest.mark.parametrize(
    "sizes",
    [
        {"lookahead": 2},
        {"tongue": 2, "fold": 3, "lookahead": 4, "discretisation": "hold"},
        {"causal": True, "rope": "lrl-rope", "fold": 1},
        {"causal": True, "window": None, "head": "vertices"},
        {"manners": 3, "tongue": 2, "lookahead": 2},
        {"inputs": 17, "lower": 8, "lookahead": 2},
    ],
)
@torch.inference_mode()
def test_blocks_of_any_length_are_one_pass(
    sizes: dict[str, object], lengths: tuple[int, ...]
) -> None:
    model, random = model_of(**sizes), np.random.default_rng(0)
    features = torch.from_numpy(
        random.normal(size=(1, sum(lengths), model.config.inputs)).astype(np.float32)
    )
    drift = torch.from_numpy(
        random.normal(size=(1, sum(lengths), model.config.drifts)).astype(np.float32)
    )
    style = torch.tensor([[0.25, 0.75]])
    carried = CarriedJambaTalk.of(model, style)
    assert carried is not None
    spans = zip(features.split(lengths, 1), drift.split(lengths, 1), strict=True)
    parts = [carried(*span, False) for span in spans]
    parts.append(carried(features[:, :0], drift[:, :0], True))
    whole = model(features, style, drift)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=1e-4, atol=1e-5)
    assert whole.std() > 0.01


def test_attention_to_all_of_a_clip_cannot_be_carried() -> None:
    assert CarriedJambaTalk.of(model_of(window=None), torch.ones(1, 2) / 2) is None
