"""The demo head that ships with the product: FLAME's topology in ICT-FaceKit's neutral shape."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..base.assets import DEMO_HEAD
from ..rig.rig import load_face_rig

# Linear RGB.
_SKIN, _LIPS, _ORAL = (0.62, 0.40, 0.31), (0.50, 0.24, 0.21), (0.10, 0.03, 0.03)
_SCLERA, _IRIS, _PUPIL = (0.80, 0.79, 0.77), (0.10, 0.19, 0.26), (0.01, 0.01, 0.01)
_LIMBUS, _LIMBUS_FROM = (0.03, 0.06, 0.08), 0.78  # the dark ring round an iris, of its radius
_MOUTH = (0.035, 0.010, 0.012)


@dataclass(frozen=True)
class DemoHead:
    """A face to show motions on; the rig's offsets fit it vertex for vertex.

    Attributes:
        vertices: (5023, 3) f32 metres, +Y up, +Z forward.
        faces: (9976, 3) i32.
        mouth_vertices: (M, 3) f32, a closed dark object behind the lips; it does not move.
        mouth_faces: (G, 3) i32 into ``mouth_vertices``.
        iris_faces: indices into ``faces``.
        pupil_faces: indices into ``faces``, none of them the iris's.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    mouth_vertices: NDArray[np.float32]
    mouth_faces: NDArray[np.int32]
    iris_faces: NDArray[np.int32]
    pupil_faces: NDArray[np.int32]

    def face_colours(self) -> NDArray[np.float64]:
        """Return (9976, 3) linear RGB a triangle: skin, lips and eyes, their irises ringed."""
        regions = load_face_rig().regions
        colours = np.tile(np.array(_SKIN), (len(self.faces), 1))
        red = np.concatenate([regions["outer_lips"], regions["inner_lips"]])
        colours[np.isin(self.faces, red).all(axis=1)] = _LIPS
        colours[np.isin(self.faces, regions["oral"]).all(axis=1)] = _ORAL
        colours[np.isin(self.faces, regions["eyeballs"]).all(axis=1)] = _SCLERA
        colours[self.iris_faces], colours[self.pupil_faces] = _IRIS, _PUPIL
        colours[self._limbus_faces()] = _LIMBUS
        return colours

    def _limbus_faces(self) -> NDArray[np.int32]:
        """Return the faces of the irises that are farthest from their pupils."""
        middles = self.vertices[self.faces].mean(axis=1)
        iris, pupil = middles[self.iris_faces], middles[self.pupil_faces]
        far = np.zeros(len(iris))
        for side in (-1, 1):  # the two eyes, the right one first
            own = iris[:, 0] * side > 0
            centre = pupil[pupil[:, 0] * side > 0].mean(axis=0)
            away = np.linalg.norm((iris[own] - centre)[:, :2], axis=1)
            far[own] = away / away.max()
        return self.iris_faces[far > _LIMBUS_FROM]

    def scene(self, offsets: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Return vertices, faces and face colours of head and mouth, for ``render``.

        Args:
            offsets: (5023, 3) metres added to the head.
        """
        vertices = np.concatenate([self.vertices + offsets, self.mouth_vertices])
        faces = np.concatenate([self.faces, self.mouth_faces + len(self.vertices)])
        mouth = np.tile(np.array(_MOUTH), (len(self.mouth_faces), 1))
        return vertices, faces, np.concatenate([self.face_colours(), mouth])


@lru_cache(maxsize=1)
def load_demo_head() -> DemoHead:
    """Return the demo head, read once."""
    with np.load(DEMO_HEAD, allow_pickle=False) as stored:
        return DemoHead(**{name: stored[name] for name in DemoHead.__dataclass_fields__})
