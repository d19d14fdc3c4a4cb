"""What a microphone gave before it stopped is heard."""

from __future__ import annotations

import queue

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.live import sources


def test_what_came_together_with_the_end_is_heard_before_it() -> None:
    given: queue.SimpleQueue[np.ndarray | None] = queue.SimpleQueue()
    for block in (np.ones(3, np.float32), np.zeros(2, np.float32), None):
        given.put(block)
    blocks = sources._blocks(given)
    np.testing.assert_array_equal(next(blocks), [1, 1, 1, 0, 0])
    with pytest.raises(UserError, match="stopped by the system"):
        next(blocks)
