"""How much memory a process holds, as its system tells."""

import ctypes
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_MEGABYTE = 2**20


def megabytes(pid: int) -> float | None:
    """Return a process's resident memory in MiB; None if it has ended or cannot be asked."""
    try:
        if sys.platform == "linux":
            return _of_linux(pid)
        return _of_windows(pid) if sys.platform == "win32" else _of_unix(pid)
    except (OSError, ValueError, StopIteration, subprocess.SubprocessError):
        return None


def _of_linux(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


def _of_unix(pid: int) -> float:
    command = ["ps", "-o", "rss=", "-p", str(pid)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    return int(told.stdout) / 1024


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of Windows."""

    _fields_ = [
        ("size", ctypes.c_ulong),
        ("faults", ctypes.c_ulong),
        ("most", ctypes.c_size_t),
        ("now", ctypes.c_size_t),
        ("others", ctypes.c_size_t * 6),
    ]


def _of_windows(pid: int) -> float | None:
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(0x0400 | 0x0010, False, pid)  # query, read
    if not handle:
        return None
    counters = _Counters(size=ctypes.sizeof(_Counters))
    try:
        asked = kernel.K32GetProcessMemoryInfo(
            ctypes.c_void_p(handle), ctypes.byref(counters), counters.size
        )
    finally:
        with suppress(OSError):
            kernel.CloseHandle(ctypes.c_void_p(handle))
    return counters.now / _MEGABYTE if asked else None
