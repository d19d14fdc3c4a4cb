"""Real speech: the dialogues of the game Fish Fillets, Czech and Dutch actors, GPL-2.

Debian's `fillets-ng-data-cs` and `-nl` carry the recordings, `fillets-ng-data` the subtitles: Lua
files of pairs `dialogId("id", "font", "English")` and `dialogStr("subtitle")`. A line's sound is
`sound/LEVEL/LANGUAGE/id.ogg`, its font tells who speaks.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import soundfile

from ..errors import UserError
from .recording import Recording, distinct, keeps_pace

GAME = Path("/usr/share/games/fillets-ng")
SOURCE = "fillets"
LANGUAGES = ("cs", "nl")
_FISH = ("small", "big")

_STRING = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(rf"dialogId\(\s*{_STRING}\s*,\s*{_STRING}[^\n]*\n\s*dialogStr\(\s*{_STRING}")
# Sounds of the lines that every level shares lie in folders with other names than the subtitles.
_SHARED = {"blackjokes": "black_", "borejokes": "bore_", "border": "[bs]*o*r*_"}
# Czech levels that were added later, by others than the first two actors: pitch and level differ.
_LATER_CAST = {
    **dict.fromkeys(("hanoi", "hole", "keys", "nowall", "rush"), "later"),
    "fdto": "fdto",
    "linux": "linux",
}
_COLOUR = re.compile(r"white|yellow|cyan|green|magenta|brown|both|(light|dark)grey")
# Placeholders, two languages at once, stutters and cries, which espeak-ng does not read as said.
_UNREADABLE = re.compile(r"[%\\\u0400-\u04ff]|\b(\w{1,2})-\1|(\D)\2\2(?<!\.)")


def recordings(game: Path = GAME) -> Iterator[Recording]:
    """The lines that are spoken and whose words are certain. Raises `UserError` without the game.

    Every actor is a speaker; a character that is known by a colour only is one speaker a level.
    """
    folders = [folder for language in LANGUAGES for folder in _sound_folders(game, language)]
    yield from distinct(line for folder in folders for line in _lines(game, folder))


def parse_dialogs(lua: str) -> Iterator[tuple[str, str, str]]:
    """Identifier, font and subtitle of every line in a file of dialogues."""
    for name, font, subtitle in _LINE.findall(lua):
        yield name, font.removeprefix("font_"), re.sub(r"\\(.)", r"\1", subtitle)


def _sound_folders(game: Path, language: str) -> list[Path]:
    folders = sorted([*game.glob(f"sound/*/{language}"), *game.glob(f"sound/share/*/{language}")])
    if not folders:
        raise UserError(
            "Fish Fillets' dialogues are not installed; run 'python -m model_core corpus install'."
        )
    return folders


def _lines(game: Path, folder: Path) -> Iterator[Recording]:
    level, language = folder.parent.name, folder.name
    for name, font, subtitle in _subtitles(game, level, language):
        path = folder / f"{name}.ogg"
        if font and path.is_file() and _is_certain(subtitle, path):
            speaker = f"fillets-{language}-{_character(font, level, language)}"
            identity = f"fillets-{language}-{level}-{name}"
            yield Recording(identity, speaker, language, SOURCE, subtitle, path)


def _subtitles(game: Path, level: str, language: str) -> Iterator[tuple[str, str, str]]:
    folder, prefix = ("share", _SHARED[level]) if level in _SHARED else (level, "*")
    for path in sorted((game / "script" / folder).glob(f"{prefix}dialogs_{language}.lua")):
        yield from parse_dialogs(path.read_text(encoding="utf-8"))


def _is_certain(subtitle: str, path: Path) -> bool:
    readable = not _UNREADABLE.search(subtitle)
    return readable and keeps_pace(subtitle, soundfile.info(path).duration)


def _character(font: str, level: str, language: str) -> str:
    cast = _LATER_CAST.get(level) if language == "cs" else None
    if cast and font in _FISH:
        return f"{cast}-{font}"
    return f"{level}-{font}" if _COLOUR.fullmatch(font) else font
