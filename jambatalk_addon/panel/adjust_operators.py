"""Let go of what the controls on baked lines need."""

import bpy

from ..bake import again, plan
from ..bake.operators import tell_cleared
from ..bones.takes import keeper_of, takes_of
from ..operator_base import ReasonedOperator
from ..write import performances, raw


class JAMBATALK_OT_forget_motion(ReasonedOperator, bpy.types.Operator):
    """Let go of the motions kept for the controls; the curves stay as they are"""

    bl_idname = "jambatalk.forget_motion"
    bl_label = "Forget Kept Motions"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to let go of."""
        if not _kept_bytes(plan.chosen_mesh(context)):
            return "Nothing is kept for the controls on this mesh."
        return None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        obj = plan.chosen_mesh(context)
        assert obj is not None  # or there would be nothing to let go of
        size = _kept_bytes(obj)
        for take in takes_of(obj):
            keeper = keeper_of(obj, take)
            if keeper is not None:
                raw.forget(keeper, take)
                performances.forget(keeper, take)
        return tell_cleared(self, context, f"{size / 1000:.0f} kB are no longer kept.", [])


def _kept_bytes(obj: bpy.types.Object | None) -> int:
    """Return how many bytes are kept for the controls on an object."""
    takes = takes_of(obj)
    return sum(again.size_of(obj, take) for take in takes) if obj is not None else 0
