"""The kinds of meshes that can be spoken with, in the order they are tried.

A new kind is a module with a `RigTarget` here and what the add-on needs to drive it, there.
"""

from .flame_head import FlameHead
from .named_shapes import NamedShapes
from .preference import AUTO, OUR_SHAPES, OWN_KEYS
from .rig_target import Geometry, RigTarget
from .shape_map import ShapeMap

KINDS: tuple[type[RigTarget], ...] = (FlameHead, NamedShapes)
WANTED = " or ".join(kind.wanted for kind in KINDS)
"""What an artist is asked to choose."""

__all__ = ["AUTO", "KINDS", "OUR_SHAPES", "OWN_KEYS", "WANTED", "find_target", "offered"]


def find_target(
    geometry: Geometry, name: str, prefer: str = AUTO, shape_map: ShapeMap | None = None
) -> RigTarget:
    """Return the target a mesh is, which tells its problem if it is none.

    Left to us, a FLAME head with a full set of keys for the mouth has those driven, and one
    without gets shapes of ours.

    Args:
        geometry: of the mesh, at rest.
        name: what the artist calls it.
        prefer: ``OWN_KEYS`` or ``OUR_SHAPES`` for that and nothing else, or ``AUTO``.
        shape_map: which key does what, if the artist says; otherwise names tell.
    """
    ours, own = FlameHead(geometry, name), NamedShapes(geometry, name, shape_map)
    if prefer != AUTO:
        return own if prefer == OWN_KEYS else ours
    if own.problem() is None and (own.is_full or ours.problem() is not None):
        return own
    return own if geometry.keys and ours.problem() is not None else ours


def offered(geometry: Geometry, name: str) -> tuple[RigTarget, ...]:
    """Return the targets that a mesh can be; more than one where the artist has a choice."""
    both = (FlameHead(geometry, name), NamedShapes(geometry, name))
    return tuple(target for target in both if target.problem() is None)
