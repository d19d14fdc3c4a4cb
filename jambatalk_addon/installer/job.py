"""An installation under way, in a thread of its own: it waits for the network and the disk."""

import threading
import traceback
from pathlib import Path

from ...model_core.base.errors import UserError
from .install import install
from .variants import Variant


class _CancelledError(Exception):
    """The artist cancelled."""


class InstallJob:
    """Installs a variant; read its attributes from any thread.

    Attributes:
        fraction: how much is done, 0 to 1.
        message: what is being done; at the end, what came of it.
        failed: whether it ended without an environment.
    """

    def __init__(self, variant: Variant, folder: Path, offline: Path | None) -> None:
        self.fraction, self.message, self.failed = 0.0, "Starting", False
        self._cancel = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[variant, folder, offline])
        self._thread.daemon = True
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Ask it to end; what was downloaded is kept for the next time."""
        self._cancel.set()

    def wait(self) -> None:
        """Return when it has ended."""
        self._thread.join()

    def _run(self, variant: Variant, folder: Path, offline: Path | None) -> None:
        try:
            python = install(variant, folder, self._report, offline)
            self.message = f"Installed {variant.title} ({python})."
        except _CancelledError:
            self.failed, self.message = True, "Cancelled; installing again goes on from here."
        except UserError as error:
            self.failed, self.message = True, str(error)
        except Exception as error:  # shown to the artist; a thread has nobody else to tell
            traceback.print_exc()
            self.failed, self.message = True, f"The installation failed ({error!r})."

    def _report(self, fraction: float, message: str) -> None:
        if self._cancel.is_set():
            raise _CancelledError
        self.fraction, self.message = fraction, message
