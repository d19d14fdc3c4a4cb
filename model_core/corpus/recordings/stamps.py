"""Real speech: names of Tux Paint stamps, by volunteers in many languages, GPL-2 or later.

Debian's `tuxpaint-stamps-default` has, for a stamp `X`, `X.txt` (its English name, then lines
`LANGUAGE.utf8=name`) and the names spoken in `X_desc.ogg` (English) and `X_desc_LANGUAGE.ogg`. The
sounds of the numbers, `symbols/math/N_LANGUAGE.ogg`, say the name too, by other speakers.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import soundfile

from ...base.errors import UserError
from ...base.files import find_files
from .recording import Recording, distinct, keeps_pace

STAMPS = Path("/usr/share/tuxpaint/stamps")
SOURCE = "tuxpaint"

_CODE = "(_(?P<code>(be|bg|ca|da|de|el|en|es|fr|it|lt|nb|nl|pt|ro|ru|sl|sv)(_[A-Z]{2})?))?"
_TWO_SPEAKERS = ("ca", "fr")
_NAME = re.compile(rf"(?P<stamp>.+)_desc{_CODE}")
_NUMBER = re.compile(rf"(?P<stamp>\d){_CODE}")
# Numbers and prices, which are read in more than one way, and Latin letters in other scripts.
_UNCERTAIN = re.compile(r"[\d=$\u20ac]|[\u0370-\u04ff].*[a-zA-Z]|[a-zA-Z].*[\u0370-\u04ff]")


def recordings(stamps: Path = STAMPS) -> Iterator[Recording]:
    """The spoken names whose words are certain. Raises `UserError` without the stamps.

    Stamps that look alike share a recording; each is given once.
    """
    sounds = find_files(stamps, ".ogg", ".wav", nested=True)
    paths = [path for path in sounds if path.suffix.lower() == ".ogg" or "_desc_" in path.stem]
    if not paths:
        raise UserError(
            "Tux Paint's stamps are not installed; run 'python -m model_core corpus install'."
        )
    found = (_recording(path, stamps) for path in paths)
    yield from distinct(recording for recording in found if recording)


def parse_names(text: str) -> dict[str, str]:
    """A stamp's names by language, `en` for its first line."""
    english, *others = text.splitlines()
    translations = (line.split(".utf8=", 1) for line in others if ".utf8=" in line)
    return {"en": english.strip()} | {code: name.strip() for code, name in translations}


def _recording(path: Path, stamps: Path) -> Recording | None:
    """The recording of a spoken name or number, none if it is another sound or not certain."""
    is_number = path.parent.name == "math" and "_desc" not in path.stem
    match = (_NUMBER if is_number else _NAME).fullmatch(path.stem)
    code = (match and match["code"]) or "en"
    names = path.with_name(f"{match['stamp']}.txt") if match else None
    if names is None or not names.is_file():
        return None
    text = parse_names(names.read_text(encoding="utf-8")).get(code, "")
    if _UNCERTAIN.search(text) or not keeps_pace(text, soundfile.info(path).duration):
        return None
    folder = path.parent.relative_to(stamps).as_posix().replace("/", "-")
    speaker = f"tuxpaint-{'numbers-' if is_number else ''}{code}{_other_speaker(path, code)}"
    return Recording(f"tuxpaint-{folder}-{path.stem}", speaker, code[:2], SOURCE, text, path)


def _other_speaker(path: Path, code: str) -> str:
    """The mark of the second speaker of a language, who spoke the animals with an English sound."""
    english = path.with_name(path.name.replace(f"_desc_{code}.", "_desc."))
    return "-animals" if code in _TWO_SPEAKERS and english.is_file() and english != path else ""
