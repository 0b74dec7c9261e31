"""The walk in docs/example.md, run as a reader would: block after block, against the demo missions over HTTP."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "example.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8000"
STEPS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, flags=re.DOTALL)
# What no example prints.
BORDER = "\x1e"


def test_every_step_prints_what_stands_below_it(address: str, tmp_path: Path) -> None:
    walk = f"print({BORDER!r}, end='')\n".join(step for step, _ in STEPS).replace(HOST, address)
    script = tmp_path / "walk.py"
    script.write_text(walk, encoding="utf-8")
    environment = {"TMPDIR": str(tmp_path), "MPLCONFIGDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin"}
    ran = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=150, env=environment, check=False
    )
    assert ran.stderr.splitlines()[-5:] == []
    assert ran.stdout.split(BORDER) == [told for _, told in STEPS]


def test_every_block_of_code_has_its_answer() -> None:
    assert PAGE.count("```python") == len(STEPS) == 7
