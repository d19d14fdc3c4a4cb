"""The poses that an armature's face speaks best with, in the order an artist would make them.

Bones are named as Rigify 0.6 and Auto-Rig Pro 3 call the controls of their faces.
"""

from collections.abc import Collection
from typing import NamedTuple


class Wanted(NamedTuple):
    """A pose that is worth storing.

    Attributes:
        title: what it is called in a menu.
        look: how the face is to look, in a sentence.
        rigify: the controls that make it there.
        auto_rig_pro: the same there.
    """

    title: str
    look: str
    rigify: str = ""
    auto_rig_pro: str = ""


WANTED: dict[str, Wanted] = {
    "jawOpen": Wanted(
        "Jaw Open",
        "The mouth as wide open as a shout has it, lips relaxed.",
        "jaw_master",
        "c_jawbone.x",
    ),
    "mouthClose": Wanted(
        "Lips Together",
        "The jaw as open as in Jaw Open, and the lips brought together over it; the jaw's part is "
        "taken off.",
        "jaw_master, lip.T, lip.B",
        "c_jawbone.x, c_lips_top.x, c_lips_bot.x",
    ),
    "mouthPucker": Wanted(
        "Pucker",
        "Lips drawn together to a small ring and pushed forward, as to kiss.",
        "lips.L, lips.R, lip.T, lip.B",
        "c_lips_smile.l, c_lips_smile.r",
    ),
    "mouthFunnel": Wanted(
        "Funnel",
        "Lips round and open, pushed forward, as in a long O.",
        "lips.L, lips.R, lip.T, lip.B",
        "c_lips_smile.l, c_lips_smile.r, c_lips_top.x, c_lips_bot.x",
    ),
    "mouthStretch": Wanted(
        "Wide",
        "The corners drawn straight out, as in a long E, without a smile.",
        "lips.L, lips.R",
        "c_lips_smile.l, c_lips_smile.r",
    ),
    "mouthSmile": Wanted(
        "Smile",
        "The corners up and out, lips closed.",
        "lips.L, lips.R",
        "c_lips_smile.l, c_lips_smile.r",
    ),
    "mouthRollLower": Wanted(
        "Lower Lip Tucked",
        "The lower lip rolled in under the upper teeth, as for F and V.",
        "lip.B",
        "c_lips_bot.x",
    ),
    "mouthUpperUp": Wanted(
        "Upper Lip Up", "The upper lip raised, so that the teeth show.", "lip.T", "c_lips_top.x"
    ),
    "mouthLowerDown": Wanted(
        "Lower Lip Down", "The lower lip lowered, so that the teeth show.", "lip.B", "c_lips_bot.x"
    ),
    "mouthPress": Wanted(
        "Lips Pressed", "Closed lips pressed flat.", "lip.T, lip.B", "c_lips_top.x, c_lips_bot.x"
    ),
    "eyeBlink": Wanted(
        "Eyes Closed",
        "The lids of both eyes shut.",
        "lid.T.L.002, lid.T.R.002",
        "c_eyelid_top.l, c_eyelid_top.r",
    ),
    "browInnerUp": Wanted(
        "Brows Up",
        "The inner ends of the brows raised.",
        "brow.T.L.002, brow.T.R.002",
        "c_eyebrow_01.l, c_eyebrow_01.r",
    ),
}
_RIGS = {"Rigify's face": ("jaw_master", 2), "Auto-Rig Pro's face": ("c_jawbone.x", 3)}


def rig_named(bones: Collection[str]) -> str:
    """Return whose face some bones are, or nothing if nobody's that is known."""
    return next((rig for rig, (bone, _) in _RIGS.items() if bone in bones), "")


def controls_of(pose: str, bones: Collection[str]) -> str:
    """Return which of some bones make a pose, where they are of a known rig."""
    rig, wanted = rig_named(bones), WANTED.get(pose)
    named = str(wanted[_RIGS[rig][1]]) if rig and wanted is not None else ""
    return ", ".join(name for name in named.split(", ") if name in bones)
