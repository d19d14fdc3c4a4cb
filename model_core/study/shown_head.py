"""The demo head as a graphics card draws it: corners that have one colour each."""

from dataclasses import dataclass

import numpy as np

from ..base.arrays import Array, Ints
from ..demo.head import load_demo_head


@dataclass(frozen=True, eq=False)
class ShownHead:
    """Head and mouth as one mesh; a vertex on the edge of two colours is a corner of either.

    Attributes:
        rest: (V, 3) f32 metres; what moves, the head's 5023 vertices, comes first.
        corners: (N,) the vertex of each corner.
        colours: (N, 3) u8, linear RGB.
        triangles: (F, 3) into the corners.
    """

    rest: Array
    corners: Ints
    colours: Ints
    triangles: Ints


def shown_head() -> ShownHead:
    """Return the demo head with its mouth."""
    head = load_demo_head()
    vertices, faces, painted = head.scene(np.zeros_like(head.vertices))
    palette, paint = np.unique(np.round(255 * painted), axis=0, return_inverse=True)
    of_corners = np.column_stack([faces.reshape(-1), np.repeat(paint.reshape(-1), 3)])
    pairs, triangles = np.unique(of_corners, axis=0, return_inverse=True)
    return ShownHead(
        rest=np.asarray(vertices, np.float32),
        corners=pairs[:, 0],
        colours=palette[pairs[:, 1]].astype(np.int64),
        triangles=triangles.reshape(-1, 3),
    )
