"""The example in docs/example.md, run block after block against the demo missions over HTTP."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "example.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8000"
STEPS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, flags=re.DOTALL)
# A separator that no example prints.
BORDER = "\x1e"


def test_every_step_prints_the_documented_output(address: str, tmp_path: Path) -> None:
    code = f"print({BORDER!r}, end='')\n".join(step for step, _ in STEPS).replace(HOST, address)
    script = tmp_path / "walk.py"
    script.write_text(code, encoding="utf-8")
    environment = {"TMPDIR": str(tmp_path), "MPLCONFIGDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin"}
    completed = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=150, env=environment, check=False
    )
    assert completed.stderr.splitlines()[-5:] == []
    assert completed.stdout.split(BORDER) == [output for _, output in STEPS]


def test_every_block_of_code_has_its_output() -> None:
    assert PAGE.count("```python") == len(STEPS) == 7
