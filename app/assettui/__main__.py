"""`python -m assettui`, and the console script."""

from __future__ import annotations

from assettui.main import main

if __name__ == "__main__":
    main()
