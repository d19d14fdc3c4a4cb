"""Expression offsets carried over: ICT-FaceKit's at the matched points, smoothed, lips in contact.

Each shape minimises  sum w |x - d|^2 + s x'Bx + c sum |x_upper - x_lower - g|^2  over FLAME's head:
d the matched offset, B the thin-plate energy, g the parting of ICT-FaceKit's own lips. The parting
is what keeps closed lips closed where the two heads' lips differ in shape.
"""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import diags
from scipy.sparse.linalg import splu

from ...base.arrays import Floats
from ..transfer.anatomy import FlameHead
from ..transfer.registration import Registration
from .contact import Contact, lip_contact
from .ict import IctHead
from .laplacian import areas, bending

_STIFFNESS = 3e-7
_CONTACT = 3.0
# Shapes whose lips stay together all along the seam: how stiff, and what their own offsets at the
# seam are worth. The stiffer, the smoother the line of the lips; the less worth, the less of
# ICT-FaceKit's own waver there. The mouthClose channel holds jawOpen + mouthClose here.
_SEALED: Mapping[str, tuple[float, float]] = {
    "mouthClose": (3e-5, 0.1),
    "mouthPucker": (3e-6, 0.5),
}
_SEALED_CONTACT = 300.0
_SEAM_RINGS = (2, 5)
_MATCH_FALL_OFF = 0.003  # metres from a vertex to its match
_ORAL_TRUST = 0.05
_LEAST_TRUST = 1e-3
_NECK_STILL, _NECK_FADE = 0.004, 0.035  # metres from the neck's border
# FLAME's mean lips are thinner than ICT-FaceKit's, so the same offsets read weaker on them.
_GAIN: Mapping[str, float] = {"mouthPucker": 1.25, "mouthFunnel": 1.1}


def transfer(head: FlameHead, ict: IctHead, registration: Registration) -> Floats:
    """Return (K, H, 3) offsets in metres; mouthClose's place holds jawOpen + mouthClose.

    That sum is what must be smooth and sealed; ``close_mouth`` takes jawOpen off again.
    """
    contact = lip_contact(head, ict, registration)
    data = registration.matches.sample(ict.offsets)
    data[ict.names.index("mouthClose")] += data[ict.names.index("jawOpen")]
    data *= np.array([_GAIN.get(name, 1.0) for name in ict.names])[:, None, None]
    trust = _trust(head, registration)
    offsets = _solve(head, data, trust, contact, contact.parting, _STIFFNESS, _CONTACT)
    first, last = _SEAM_RINGS
    seam = (head.mouth_ring >= first) & (head.mouth_ring <= last)
    closed = np.zeros_like(contact.parting[:1])
    for name, (stiffness, worth) in _SEALED.items():
        k = [ict.names.index(name)]
        loose = np.where(seam, worth, 1.0) * trust
        offsets[k] = _solve(head, data[k], loose, contact, closed, stiffness, _SEALED_CONTACT)
    return offsets * _neck_fade(head)[:, None]


def close_mouth(offsets: Floats, names: tuple[str, ...]) -> Floats:
    """Turn the jawOpen + mouthClose channel into mouthClose, in a copy.

    Offsets add linearly, so the lips are then sealed at every equal weight of the two.
    """
    shapes = offsets.copy()
    shapes[names.index("mouthClose")] -= offsets[names.index("jawOpen")]
    return shapes


def _solve(
    head: FlameHead,
    data: Floats,
    trust: Floats,
    contact: Contact,
    parting: Floats,
    stiffness: float,
    coupling: float,
) -> Floats:
    """Minimise the energy of the module's head line for (K, H, 3) data; return (K, H, 3)."""
    area = areas(head.vertices, head.faces)
    weights = trust * area / area.mean()
    system = diags(weights) + stiffness * bending(head.vertices, head.faces)
    system = (system + coupling * contact.energy).tocsc()
    wanted = weights[:, None] * data + coupling * contact.pull(parting)  # (K, H, 3)
    columns = wanted.transpose(1, 0, 2).reshape(len(area), -1)
    return splu(system).solve(columns).reshape(len(area), len(data), 3).transpose(1, 0, 2)


def _trust(head: FlameHead, registration: Registration) -> Floats:
    """Return (H) how much the matched offsets are worth."""
    trust = np.exp(-((registration.distances / _MATCH_FALL_OFF) ** 2))
    trust[head.mouth_ring <= 1] *= _ORAL_TRUST
    trust[(head.eye_rings <= 1).any(axis=0)] = 0.0
    return np.maximum(trust, _LEAST_TRUST)


def _neck_fade(head: FlameHead) -> Floats:
    """Return (H) a smooth step from 0 at the neck's border to 1 on the head, the same both sides.

    The neck's border joins the head to a body, so nothing may move it.
    """
    step = np.clip((head.neck_distance - _NECK_STILL) / _NECK_FADE, 0.0, 1.0)
    return step * step * (3.0 - 2.0 * step)
