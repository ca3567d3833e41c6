"""What the command line says of errors that are not of its own making."""

from __future__ import annotations

import errno

from genoseq.errors import GenoseqError

EXPECTED = (GenoseqError, OSError, MemoryError, RuntimeError, ImportError)
"""What a command may end with in one line, if :func:`text_of_error` knows it."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of writing that come again whatever is written next."""
_OF_STDOUT = (errno.EPIPE, *FULL)
"""Errors of writing: outputs say which file it was."""
_NO_MEMORY = (
    *("allocate memory", "out of memory", "not enough memory"),
    "failed to map segment",  # of a library, while it is imported
)
"""What torch says in other errors, of processors and of graphics cards."""


def text_of_error(error: Exception) -> str | None:
    """What is said of an error; None of one that nobody expects."""
    if isinstance(error, GenoseqError):
        return str(error)
    if isinstance(error, OSError):
        name = error.filename or ("stdout" if error.errno in _OF_STDOUT else None)
        return f"{name}: {error.strerror}" if name and error.strerror else str(error)
    if isinstance(error, MemoryError) or any(word in str(error) for word in _NO_MEMORY):
        why = str(error).strip().partition("\n")[0]
        return (
            f"out of memory{f' ({why})' if why else ''}: allow this process more, or ask for less"
        )
    return None
