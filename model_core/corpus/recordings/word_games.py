"""Real speech: single words and syllables from children's games, English first, GPL-2+ and GPL-3+.

Debian's `klettres-data` (letters, words and syllables; KDE's volunteers), `ktuberling-data` (things
to place in a picture; a man and women) and `qabcs-data` (words by letter; Jordan Irwin). What is
said is what the file is called. Other languages of qABCs are synthetic; those of KTuberling are
called by English names.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import soundfile

from ...base.errors import UserError
from ...base.files import find_files
from .recording import Recording, distinct, keeps_pace

SHARE = Path("/usr/share")
SOURCE = "word-games"

# Folders of sounds, their speaker, and the names among them that are read as they are said.
_FOLDERS = {
    "klettres/en/alpha": ("klettres-en", r"[A-Z]"),
    "klettres/en/syllab": ("klettres-en", r"\w{3}|m[ey]|no"),
    "klettres/en_GB/alpha": ("klettres-en_GB", r"[a-z]"),
    "klettres/en_GB/syllab": ("klettres-en_GB", r"\w{3,4}|m[ey]|no|or"),
    "klettres/es/syllab": ("klettres-es", r"(?!.*(ll|nn|uu))\w+"),
    "klettres/it/syllab": ("klettres-it", r"\w+"),
    "klettres/pt_BR/syllab": ("klettres-pt_BR", r"\w+"),
    "ktuberling/sounds/en": ("ktuberling-en", r"\w+"),
    "qabcs/abcs/en/sounds/alpha": ("qabcs-en", r"[A-Z]"),
    "qabcs/abcs/en/sounds/words": ("qabcs-en", r"[a-z_-]+"),
}
_THEME = re.compile(r"^(egypt|moon|pizzeria|tv)_")
_SPELLINGS = {
    "broccolli": "broccoli",
    "fallingstar": "falling star",
    "palmtree": "palm tree",
    "sphynx": "sphinx",
}
# Foreign names, which no rule of English reads.
_FOREIGN = frozenset(
    {"ipu", "ney", "quena", "udon", "xiphias", "xun", "yangqin", "yinyang", "zurna"}
)


def recordings(share: Path = SHARE) -> Iterator[Recording]:
    """The words that are certain. Raises `UserError` if a game's sounds are not installed."""
    if not all((share / folder).is_dir() for folder in _FOLDERS):
        raise UserError(
            "The word games are not installed; run 'python -m model_core corpus install'."
        )
    yield from distinct(word for folder in _FOLDERS for word in _words(share, folder))


def said(name: str) -> str:
    """What is said in the sound of this name, without its ending."""
    word = _THEME.sub("", name)
    return _SPELLINGS.get(word, word.replace("_", " "))


def _words(share: Path, folder: str) -> Iterator[Recording]:
    speaker, certain = _FOLDERS[folder]
    language = speaker.partition("-")[2][:2]
    for path in find_files(share / folder, ".ogg"):
        text = said(path.stem)
        readable = re.fullmatch(certain, path.stem) and text not in _FOREIGN
        if readable and keeps_pace(text, soundfile.info(path).duration):
            name = f"{speaker}-{path.parent.name}-{path.stem}"
            yield Recording(name, speaker, language, SOURCE, text, path)
