"""Run by the ``genoseq`` that command.py puts on PATH: forked.py runs the command, see there.

    python -IS forward.py SOCKET WORD...

Hands over arguments, folder, environment and open files; ends with the command's exit status.
"""

from __future__ import annotations

import json
import os
import socket
import sys


def is_open(number: int) -> bool:
    """Whether a file has this number."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


folder = os.getcwd()  # noqa: PTH109 - pathlib alone takes as long to import as all the rest
path, *words = sys.argv[1:]
files = [number for number in range(10) if is_open(number)]
connection = socket.socket(socket.AF_UNIX)
connection.connect(path)
request = {"words": words, "folder": folder, "environment": dict(os.environ), "files": files}
text = json.dumps(request).encode()
sent = socket.send_fds(connection, [text], files)
connection.sendall(text[sent:])
connection.shutdown(socket.SHUT_WR)
status = int(connection.recv(16) or 1)
sys.exit(status if status >= 0 else 128 - status)
