"""The commands of docs/operations.md, run as they are written, in the namespace of the drills."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs/operations.md"


def commands(title: str) -> list[str]:
    """The commands in the section with this title."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##)", text, flags=re.DOTALL | re.MULTILINE)
    if section is None:
        raise LookupError(f"{DOCUMENT.name} has no section {title}")
    return [line.removeprefix("$ ") for line in section[1].splitlines() if line.startswith("$ ")]


def run(title: str, namespace: str, overlay: str = "") -> None:
    """Run the commands of a section. Raises AssertionError with the output of the one that fails."""
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary) / "kubeconfig"
        environment = os.environ | {
            "KUBECONFIG": str(config),
            "NAMESPACE": namespace,
            "OVERLAY": overlay,
            # `halocline` is a program of this environment.
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        current = subprocess.run(["kubectl", "config", "view", "--raw", "--flatten"], capture_output=True, check=True)
        config.write_bytes(current.stdout)
        config.chmod(0o600)
        use = ["kubectl", "config", "set-context", "--current", f"--namespace={namespace}"]
        subprocess.run(use, env=environment, capture_output=True, check=True)
        for command in commands(title):
            # Pipes must fail, too.
            bash = ["bash", "-o", "pipefail", "-c", command]
            done = subprocess.run(bash, env=environment, capture_output=True, text=True, timeout=900, check=False)
            if done.returncode != 0:
                raise AssertionError(f"{command}\n{done.stdout}{done.stderr}")
