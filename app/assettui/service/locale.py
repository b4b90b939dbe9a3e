"""What characters the terminal shows, as far as its environment says."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "ASSETTUI_ASCII"


def given_environment() -> dict[str, str]:
    """The variables as this process was given them.

    Where there is no locale, Python says `LC_CTYPE=C.UTF-8` for itself (PEP 538), and goes into its UTF-8 mode.
    """
    found = dict(os.environ)
    if sys.flags.utf8_mode and "PYTHONUTF8" not in found and found.get("LC_CTYPE") == "C.UTF-8":
        del found["LC_CTYPE"]
    return found


def is_ascii_wanted(environment: Mapping[str, str]) -> bool:
    """Whether nothing but ASCII is to be written: the locale is none of UTF-8, or it is the console of Linux.

    The font of that console holds 512 characters at most, and few of ours. `ASSETTUI_ASCII=1` or `0` overrides both.

    Args:
        environment: As `given_environment` gives it.
    """
    told = environment.get(VARIABLE)
    if told:
        return told != "0"
    if environment.get("TERM") == "linux":
        return True
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    return "utf8" not in locale.lower().replace("-", "")
