"""Which bone or object is an eyeball, by its name."""

from ...rig.spelling import words

LEFT, RIGHT = 0, 1
_SIDES = {"left": LEFT, "right": RIGHT}
_EYES = frozenset({"eye", "eyes", "eyeball", "eyeballs"})
# Words that stand beside an eye's without saying that it is a lid, a brow or a target.
_BESIDE = """
adj b ball base bind bip bn bone c cc character def deform face facial ffx geo head j jnt joint
mixamorig org root rig skin x
"""
_KNOWN = frozenset(_BESIDE.split())


def eye_of(name: str, owner: str = "") -> int | None:
    """Return whether a name is that of the left (0) or the right (1) eyeball, or None.

    Args:
        name: of a bone or an object.
        owner: name of whose eye it may be, whose words may be part of it.
    """
    said = [word for word in words(name) if not word.isdigit()]
    sides = [_SIDES[word] for word in said if word in _SIDES]
    rest = [word for word in said if word not in _SIDES]
    if len(sides) != 1 or not _EYES.intersection(rest):
        return None
    return sides[0] if _KNOWN.union(_EYES, words(owner)).issuperset(rest) else None
