"""``texts``: write the add-on's texts to a file that can be translated."""

from __future__ import annotations

from pathlib import Path

from ..translation.template import write_template


def run(output: Path) -> str:
    """Write a translation's file, or bring one up to date; return what to tell.

    Raises:
        UserError: it is no translation, or cannot be written.
    """
    texts, translated = write_template(output)
    return f"{output}: {texts} texts, {translated} of them translated."
