"""Have baked lines follow strips that were moved, trimmed, cut or copied."""

from __future__ import annotations

import bpy

from ..bake.operators import tell_cleared
from ..bake.status import BUSY, STATUS
from ..operator_base import tell
from ..write.wording import listed
from . import follow, states
from .operators import RowOperator, TableOperator, active_line

_NONE_STALE = "Every baked line lies where its strip does."
_NONE_KEPT = "What the stale lines were made of is not kept: bake them again."


class _FollowingOperator(TableOperator):
    """Lays lines where their strips lie."""

    def lay(self, context: bpy.types.Context, wanted: list[follow.Placed]) -> set[str]:
        """Lay some lines, and tell which."""
        done = follow.follow(context, wanted)
        if not done.names:
            tell(self, "ERROR", " ".join(done.notes))
            return {"CANCELLED"}
        told = f"{listed(done.names)} moved with {'its' if len(done.names) == 1 else 'their'} strip"
        return tell_cleared(self, context, f"{told}; no model ran.", done.notes)


class JAMBATALK_OT_follow_strips(_FollowingOperator, bpy.types.Operator):
    """Move every stale line to where its strip lies now, trimmed as it is; no model runs"""

    bl_idname = "jambatalk.follow_strips"
    bl_label = "Move with Strips"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no line can follow."""
        reason = super().disabled_reason(context)
        if reason is not None:
            return reason
        known = states.cached(context)
        if any(state.can_follow for state in known):
            return None
        return _NONE_KEPT if any(state.is_stale for state in known) else _NONE_STALE

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move them; what the artist changed on them goes along."""
        return self.lay(context, follow.followers(context))


class JAMBATALK_OT_follow_strip(RowOperator, _FollowingOperator, bpy.types.Operator):
    """Move the active line to where its strip lies now, trimmed as it is; no model runs"""

    bl_idname = "jambatalk.follow_strip"
    bl_label = "Move with Strip"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the active line cannot follow."""
        if STATUS.running:
            return BUSY
        reason = super().disabled_reason(context)
        if reason is not None:
            return reason
        state = states.active(context)
        return None if state.can_follow else state.text

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it; what the artist changed on it goes along."""
        line = active_line(context)
        assert line is not None  # or the button would be grey
        return self.lay(context, [(line.speaker, states.active(context))])
