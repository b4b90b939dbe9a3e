"""`python -m assettui`, and the console script."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # the working directory: a module of the user's must never be taken for one of Python's here

from assettui.main import main

if __name__ == "__main__":
    main()
