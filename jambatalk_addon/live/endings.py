"""What ends live speech besides the artist: undo, saving, another file. The scene comes first."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import kept
from .session import Session

_UNDONE = "Live speech ended: something was undone."
_SAVED = "Live speech ended, so that the file is saved with the character as it was."


def attach() -> None:
    """Watch for what ends it, and for what it left in a file or in an earlier step."""
    for handlers, function in _watched():
        handlers.append(function)


def detach() -> None:
    """Undo `attach`, and end it."""
    _stop("")
    kept.detach()
    for handlers, function in _watched():
        handlers.remove(function)


def _watched() -> tuple:
    on = bpy.app.handlers
    return (
        (on.undo_pre, _before_undo),
        (on.redo_pre, _before_undo),
        (on.save_pre, _before_saving),
        (on.load_pre, _before_loading),
        (on.undo_post, _put_right),
        (on.redo_post, _put_right),
        (on.load_post, _put_right),
        (on.frame_change_post, _after_frame),
    )


def _stop(trouble: str) -> None:
    if Session.running is not None:
        Session.running.stop(trouble)


@persistent
def _before_undo(*_: object) -> None:
    _stop(_UNDONE)


@persistent
def _before_saving(*_: object) -> None:
    _stop(_SAVED)


@persistent
def _before_loading(*_: object) -> None:
    _stop("")


@persistent
def _put_right(*_: object) -> None:
    if Session.running is None and not kept.give_back():
        kept.give_back_later()


@persistent
def _after_frame(*_: object) -> None:
    if Session.running is not None and not bpy.app.is_job_running("RENDER"):
        Session.running.show_again()
