"""`templates.pkl`: the neutral face of every subject, as VOCASET and BIWI share it."""

from pathlib import Path

import numpy as np

from ..base.errors import UserError
from .corpora import Corpus
from .dataset import Vertices
from .pickles import read_pickle


def read_templates(path: Path, corpus: Corpus) -> dict[str, Vertices]:
    """Return the neutral (V, 3) of each subject.

    Raises:
        UserError: the file is not such a pickle, or its faces do not have the corpus's vertices.
    """
    content = read_pickle(path)
    if not isinstance(content, dict) or not content:
        raise UserError(f"{path} is not a dictionary of faces by subject.")
    templates: dict[str, Vertices] = {}
    for subject, face in content.items():
        if not isinstance(face, np.ndarray) or face.size not in {3 * n for n in corpus.vertices}:
            expected = " or ".join(map(str, corpus.vertices))
            raise UserError(
                f"{path}: the face of {subject} is not an array of {expected} vertices, "
                f"as {corpus.name} needs."
            )
        templates[str(subject)] = face.reshape(-1, 3).astype(np.float32)
    if len({len(face) for face in templates.values()}) > 1:
        raise UserError(f"{path} mixes faces of different vertex counts.")
    return templates
