"""The sentences that the add-on's own code can say, found in its source."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from .language import FIELD

_SENTENCE = re.compile(r"['{A-Z\d].* .*[.!?…]", re.DOTALL)
_LATER = re.compile(r"[A-Z][a-z]+ \{.*")  # a label that is filled in later: Take {number}
_LEAST_WORDS = 6  # letters outside of fields, without which a sentence would match any other
_SHOWN = "text"  # the argument of a layout's methods that people read


def sentences_of(folders: Iterable[Path]) -> list[str]:
    """Return the sentences and labels in the Python files below some folders, sorted.

    What is put in at run time stands as a field named for the expression, such as ``{name}``.
    """
    files = (path for folder in folders for path in folder.rglob("*.py"))
    return sorted({text for path in files for text in _of_source(path.read_text("utf-8"))})


def _of_source(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    silent = {id(node) for each in ast.walk(tree) for node in _not_said(each)}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == _SHOWN:
            yield from _worded(node.value, any_label=True)
        elif isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in silent:
            yield from _worded(node, any_label=False)


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    """Return the strings in a node that are docstrings or pieces of a longer one."""
    if isinstance(node, ast.Expr):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from node.values


def _worded(node: ast.expr, *, any_label: bool) -> Iterator[str]:
    """Return the text of a string if people read it."""
    text = _text(node)
    enough = sum(map(str.isalpha, FIELD.sub("", text))) >= _LEAST_WORDS
    label = any_label or (isinstance(node, ast.Constant) and _LATER.fullmatch(text))
    if (enough and _SENTENCE.fullmatch(text)) or (label and text[:1].isupper()):
        yield text


def _text(node: ast.expr) -> str:
    """Return a string with its expressions as fields, each of a name of its own."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    taken: Counter[str] = Counter()
    return "".join(
        _field(each.value, taken) if isinstance(each, ast.FormattedValue) else _text(each)
        for each in node.values
    )


def _field(expression: ast.expr, taken: Counter[str]) -> str:
    """Return the field of an expression: ``{names}`` of ``listed(names)``."""
    while isinstance(expression, ast.Call) and expression.args:
        expression = expression.args[0]
    names = [
        each.attr if isinstance(each, ast.Attribute) else each.id
        for each in ast.walk(expression)
        if isinstance(each, ast.Attribute | ast.Name)
    ]
    name = names[0].strip("_").lower() if names else "value"
    taken[name] += 1
    return f"{{{name}{taken[name] if taken[name] > 1 else ''}}}"
