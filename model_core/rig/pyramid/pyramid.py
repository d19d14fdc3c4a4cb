"""Which vertices each layer of a spiral encoder keeps, and the spirals it sees them through."""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats, Ints
from ...base.errors import UserError
from .collapse import Collapse
from .spirals import spirals
from .surface import Surface

FACTOR = 4  # vertices of a layer over those of the next (CoMA)


@dataclass(frozen=True, eq=False)
class Layer:
    """What one layer of the encoder computes; only rows that the next one keeps.

    Attributes:
        kept: (n,) the vertices of the mesh that it gives.
        spirals: (n, length) rows of what the layer before gives, the first one vertices of the
            mesh; each kept vertex's own stands first.
    """

    kept: Ints
    spirals: Ints


def pyramid(surface: Surface, layers: int, length: int, dilation: int) -> list[Layer]:
    """Return the layers, each a quarter of the one before; the first sees the surface's vertices.

    Args:
        surface: see `Surface`.
        layers: how many.
        length: of a spiral.
        dilation: as of `spirals.spirals`.

    Raises:
        UserError: the mesh is too small for so many layers.
    """
    kept, faces = np.flatnonzero(surface.seen), surface.faces[surface.seen[surface.faces].all(1)]
    collapse = Collapse(surface.points, faces, surface.weights, surface.seen)
    made: list[Layer] = []
    for _ in range(layers):
        if len(kept) <= FACTOR:
            raise UserError(f"The mesh is too small for {layers} layers; take fewer.")
        fewer, simpler = collapse.to(-(-len(kept) // FACTOR))
        rows = _rows(surface.points, kept, faces, fewer, length, dilation)
        made.append(Layer(fewer, rows if made else kept[rows]))
        kept, faces = fewer, simpler
    return made


def _rows(points: Floats, kept: Ints, faces: Ints, fewer: Ints, length: int, dilation: int) -> Ints:
    """Return the spirals of those vertices that a layer keeps, as rows of what it is given."""
    row = np.full(len(points), -1)
    row[kept] = np.arange(len(kept))
    return spirals(points[kept], row[faces], row[fewer], length, dilation)
