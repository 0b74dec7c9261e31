"""Standard output of the commands."""

import io
import sys


def escape_unencodable() -> None:
    """Escape characters that the terminal's encoding lacks, instead of failing in the middle of a run."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
