"""What can go wrong when an archive of arrays is read that is damaged, or is none."""

import struct
import tokenize
import zipfile
import zlib

DAMAGED: tuple[type[Exception], ...] = (
    AttributeError,  # an array alone
    EOFError,
    LookupError,  # an array that is missing
    MemoryError,  # a size that cannot be
    OSError,
    RuntimeError,  # compressed or encrypted in a way that is not read here
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Everything that numpy and zipfile raise for such files."""
