"""The kinds of meshes that can be spoken with, in the order they are tried.

A new kind is a module with a `RigTarget` here and what the add-on needs to drive it, there.
"""

from collections.abc import Sequence

from .flame_head import FlameHead
from .rig_target import Geometry, RigTarget

KINDS: Sequence[type[FlameHead]] = (FlameHead,)
WANTED = " or ".join(kind.wanted for kind in KINDS)
"""What an artist is asked to choose."""


def find_target(geometry: Geometry, name: str) -> RigTarget:
    """Return the target a mesh is: the first kind without a problem, else the first kind.

    Args:
        geometry: of the mesh, at rest.
        name: what the artist calls it.
    """
    offered = [kind(geometry, name) for kind in KINDS]
    return next((target for target in offered if target.problem() is None), offered[0])
