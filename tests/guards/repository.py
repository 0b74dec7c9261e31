"""The files of the repository, for guards."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository that match a git pathspec."""
    listing = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listing.stdout.splitlines() if (path := ROOT / name).is_file()]
