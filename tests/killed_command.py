"""A command of genoseq that is killed at a moment, see killing.py: MOMENT FILE WORDS...

FILE gets the number of changes of a command that came to its end.
"""

import sys
from pathlib import Path

from killing import die_before

from genoseq.cli.app import main

if __name__ == "__main__":
    moment, told, *words = sys.argv[1:]
    sys.argv = ["genoseq", *words]
    changes = die_before(int(moment))
    try:
        main()
    finally:
        number = changes()
        Path(told).write_text(str(number))
