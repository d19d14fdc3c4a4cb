"""Aliases of arrays that many parts share: one word for one kind of number."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
"""What networks, motions and files hold."""

Floats = NDArray[np.float64]
"""What geometry and statistics are computed with."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
