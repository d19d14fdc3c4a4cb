"""Real speech: Asterisk's telephone prompts in Spanish, French, Italian and Russian.

Recordings are the G.722 files (16 kHz) of Debian's `asterisk-core-sounds-LANGUAGE-g722`,
transcripts those of `asterisk-core-sounds-LANGUAGE`: by Allison Smith (es), June Wallack (fr),
CC-BY-SA-3.0, Carlo Flora (it) and Maxim Topal of ivrvoice.ru (ru), CC-BY-3.0.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ...base.errors import UserError
from .asterisk import transcripts
from .recording import Recording, distinct, keeps_pace

SOUNDS = Path("/usr/share/asterisk/sounds")
DOCUMENTS = Path("/usr/share/doc")
SOURCE = "asterisk-prompts"

_FOLDERS = {
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
_BYTES_A_SECOND = 8000
# Abbreviations, addresses and Latin letters in Russian, which are read in more than one way.
_UNCERTAIN = re.compile(
    r"[*#@]|www|\b[A-Z]{2,}\b|[a-zA-Z].*[\u0400-\u04ff]|[\u0400-\u04ff].*[a-zA-Z]"
)


def recordings(sounds: Path = SOUNDS, documents: Path = DOCUMENTS) -> Iterator[Recording]:
    """The prompts whose words are certain. Raises `UserError` without their packages."""
    prompts = (_prompts(language, sounds, documents) for language in _FOLDERS)
    yield from distinct(prompt for spoken in prompts for prompt in spoken)


def _prompts(language: str, sounds: Path, documents: Path) -> Iterator[Recording]:
    folder = sounds / _FOLDERS[language]
    package = f"asterisk-core-sounds-{language}"
    listing = documents / package / f"core-sounds-{language}.txt.gz"
    if not folder.is_dir():
        raise UserError(
            f"{package}-g722 is not installed; run 'python -m model_core corpus install'."
        )
    for name, text in transcripts(listing).items():
        path = folder / f"{name}.g722"
        if path.is_file() and _is_certain(text, path):
            speaker = f"asterisk-{folder.name.rpartition('_')[2].lower()}-{language}"
            identity = f"{speaker}-{name.replace('/', '-')}"
            yield Recording(identity, speaker, language, SOURCE, text, path)


def _is_certain(text: str, path: Path) -> bool:
    seconds = path.stat().st_size / _BYTES_A_SECOND
    return not _UNCERTAIN.search(text) and keeps_pace(text, seconds)
