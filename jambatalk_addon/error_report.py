"""Reports of unforeseen failures that can be shown to others; needs no Blender."""

import getpass
import re
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from ..model_core.base.files import atomic_path

_ROOT = Path(__file__).resolve().parents[1]
_KEPT = 20  # reports
_FOLDERS = re.compile(r"""(?<![\w>~.:/\\])(?:[A-Za-z]:)?[\\/](?:[^\\/\s"':]+[\\/])+""")


def write_report(folder: Path, error: BaseException, facts: Mapping[str, object]) -> Path:
    """Write what happened and where into a new file of `folder`, and return it.

    Args:
        folder: where; the oldest reports beyond twenty are removed.
        error: the exception; its `details`, if it has any, are the other process's stack.
        facts: versions, device and settings by name.

    Raises:
        UserError: it cannot be written.
    """
    path = folder / f"jambatalk-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    with atomic_path(path) as temporary:
        temporary.write_text(compose(error, facts), encoding="utf-8")
    for old in sorted(folder.glob("jambatalk-*.txt"))[:-_KEPT]:
        old.unlink(missing_ok=True)
    return path


def compose(error: BaseException, facts: Mapping[str, object]) -> str:
    """Return a report's text, without folders or names of this machine's user."""
    lines = [f"{name}: {value}" for name, value in facts.items()]
    stack = "".join(traceback.format_exception(error))
    details = str(getattr(error, "details", ""))
    return redact("\n".join([*lines, "", stack, details]).rstrip() + "\n")


def redact(text: str) -> str:
    """Return a text in which paths lead from known places, or are names of files only."""
    places = [(_ROOT, "<jambatalk>"), (Path(tempfile.gettempdir()), "<temporary>")]
    for place, name in [*places, (Path.home(), "~")]:
        if len(place.parts) > 1:  # not the root of the disk
            text = text.replace(str(place), name).replace(place.as_posix(), name)
    text = _FOLDERS.sub("<folder>/", text)
    return re.sub(rf"\b{re.escape(getpass.getuser())}\b", "<user>", text)
