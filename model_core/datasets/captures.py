"""A folder of one performer's captures: ``NAME.csv`` of Live Link Face beside ``NAME.wav``.

Any file of motions that is read elsewhere will do (`formats.registry`), and any sound. Subfolders
are looked through too, since the app makes one a take.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..base.errors import UserError
from ..base.files import files_by_stem, find_files
from ..formats.registry import MOTION_SUFFIXES, reading_of
from ..motion.motion import Motion
from ..rig.shapes import SPEECH_SHAPES
from ..speech.audio import Samples, load_audio
from .motion_folder import SOUNDS

_VIDEOS = (".mov", ".mp4")
_LEAST_SHAPES = 8  # of those that speech moves; fewer tell nothing of how somebody speaks


class Capture(NamedTuple):
    """A take of a performer.

    Attributes:
        name: of its files.
        motion: the face as it was captured.
        samples: (N,) the sound at 16 kHz.
        notes: sentences on what was mended or left out.
    """

    name: str
    motion: Motion
    samples: Samples
    notes: tuple[str, ...]


def read_captures(folder: Path) -> Iterator[Capture]:
    """Yield the takes of a folder that have a sound, in the order of their names.

    Raises:
        UserError: there are none, or a file is not to be read.
    """
    pairs = list(_pairs(folder))
    if not pairs:
        raise UserError(_none(folder))
    for face, sound in pairs:
        reading = reading_of(face)
        moved = set(reading.motion.names) & set(SPEECH_SHAPES)
        if "jawOpen" not in moved or len(moved) < _LEAST_SHAPES:
            raise UserError(
                f"{face} has {len(moved)} of the {len(SPEECH_SHAPES)} shapes of a speaking mouth; "
                "give captures with ARKit's channels, as Live Link Face writes them."
            )
        notes = tuple(f"{face.name}: {note}" for note in reading.notes)
        yield Capture(face.stem, reading.motion, load_audio(sound), notes)


def _pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    for place in sorted({path.parent for path in find_files(folder, *SOUNDS, nested=True)}):
        faces, sounds = (files_by_stem(place, *each) for each in (MOTION_SUFFIXES, SOUNDS))
        yield from ((faces[stem], sounds[stem]) for stem in sorted(faces.keys() & sounds.keys()))


def _none(folder: Path) -> str:
    """Return why there is nothing to learn from, and what to do."""
    if not folder.is_dir():
        return f"There is no folder {folder}; give the one with the captures."
    faces, sounds, films = (
        find_files(folder, *each, nested=True) for each in (MOTION_SUFFIXES, SOUNDS, _VIDEOS)
    )
    film = films[0].name if films else "TAKE.mov"
    sound = f"{Path(film).stem}.wav"
    return (
        f"{folder} has no capture with its sound beside it ({len(faces)} files of motions, "
        f"{len(sounds)} sounds): a take is NAME.csv and NAME{', NAME'.join(SOUNDS)}; save the "
        f"sound of a film as `ffmpeg -i {film} {sound}` does."
    )
