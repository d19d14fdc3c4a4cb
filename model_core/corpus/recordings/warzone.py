"""Real speech: English messages of the game Warzone 2100, by several actors, GPL-2+.

Debian's `warzone2100-data` packs them in `base.wz`, a zip file. `audio/audio.cfg` has a line for
each, `audio "file.ogg" ... /*what is said*/`; the script of the tutorial gives the instructor's
as `"audio": "tut1.ogg", ... "message": _("what is said")`. 11 kHz.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import soundfile

from ...base.errors import UserError
from ...base.files import find_files
from .recording import Recording, distinct, keeps_pace

ARCHIVE = Path("/usr/share/games/warzone2100/base.wz")
SOURCE = "warzone"

_SPOKEN_LINE = re.compile(r'audio\s+"([\w-]+)\.ogg"[^\n]*/\*(.+?)\*/')
_TUTORIAL_LINE = re.compile(r'"audio": "(\w+)\.ogg".*?"message": _\("(.+?)"\)')
# Speakers by the names of their files. Voices with effects (the Collective, NEXUS) are left out.
_SPEAKERS = {
    r"pcv\d+": "console",
    r"com\d+": "commander",
    r"tut\d+": "instructor",
    r"t-\w+": "transport-pilot",
    r"v-\w+1": "pilot-1",
    r"v-\w+2": "pilot-2",
    r"v-\w+3": "pilot-3",
}
_ABBREVIATION = re.compile(r"VTOL|\bLZ\b|\bSAM\b|NASDA")


def recordings(archive: Path = ARCHIVE) -> Iterator[Recording]:
    """The messages whose words are certain. Raises `UserError` without the game's data.

    Their files lie in a temporary folder that is removed when the program ends.
    """
    if not archive.is_file():
        raise UserError(
            "Warzone 2100's data is not installed; run 'python -m model_core corpus install'."
        )
    with zipfile.ZipFile(archive) as packed:
        texts = parse_messages(
            packed.read("audio/audio.cfg").decode(), packed.read("script/tutorial.js").decode()
        )
    yield from distinct(_spoken(Path(_unpacked(archive).name), texts))


def parse_messages(configuration: str, tutorial: str) -> dict[str, str]:
    """What is said, by the name of the sound, in `audio.cfg` and the tutorial's script."""
    found = [*_SPOKEN_LINE.findall(configuration), *_TUTORIAL_LINE.findall(tutorial)]
    return {name: text.strip() for name, text in found}


def _spoken(folder: Path, texts: dict[str, str]) -> Iterator[Recording]:
    for path in find_files(folder, ".ogg", nested=True):
        text = texts.get(path.stem, "")
        speaker = next(
            (who for name, who in _SPEAKERS.items() if re.fullmatch(name, path.stem)), ""
        )
        uncertain = not speaker or _ABBREVIATION.search(text)
        if not uncertain and keeps_pace(text, soundfile.info(path).duration):
            details = (f"warzone-{speaker}", "en", SOURCE, text.lower(), path)
            yield Recording(f"warzone-{path.parent.name}-{path.stem}", *details)


@cache
def _unpacked(archive: Path) -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="warzone2100-")
    with zipfile.ZipFile(archive) as packed:
        sounds = [n for n in packed.namelist() if n.startswith("audio/") and n.endswith(".ogg")]
        packed.extractall(folder.name, sounds)
    return folder
