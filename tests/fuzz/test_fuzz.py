"""A short fuzz of every reader, on inputs that hypothesis chooses and shrinks."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.run import attempt_in_time, mutated
from tests.fuzz.targets import TARGETS, corpus

EXAMPLES = 60


@pytest.mark.parametrize("target", TARGETS)
def test_valid_inputs_are_taken(target: str) -> None:
    refused = [attempt_in_time(target, data) for data in corpus(target)]
    assert target == "release" or not any(refused)  # its corpus has too few tensors


@pytest.mark.parametrize("target", TARGETS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_changed_inputs_are_taken_or_refused_in_one_sentence(
    target: str, data: st.DataObject
) -> None:
    seed = data.draw(st.integers(0, 2**32))
    attempt_in_time(target, mutated(random.Random(seed), corpus(target)))


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(data=st.binary(max_size=300))
def test_noise_is_refused_in_one_sentence(target: str, data: bytes) -> None:
    attempt_in_time(target, data)
