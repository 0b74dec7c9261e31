"""The init container of the Job `indexes`, run on this machine with the Secrets of a folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from app import cli

COMPONENT = Path(__file__).parents[3] / "deploy/k8s/components/mongodb"
Texts = dict[str, dict[str, str]]

# The script reads its Secrets from a fixed folder; here it is another one.
_SCRIPT = """
import runpy, sys
from pathlib import Path
script = runpy.run_path(sys.argv[1])
script["main"].__globals__.update(SECRETS=Path(sys.argv[2]), DEADLINE_S=40, PAUSE_S=0.1)
sys.exit(script["main"]("rs0", sys.argv[3]))
"""


def secrets(*command: str, stdin: str | None = None) -> Texts:
    """The texts of the Secrets that `halocline secrets` prints, by name and key."""
    result = CliRunner().invoke(cli.cli, ["secrets", *command], input=stdin, catch_exceptions=False)
    return {item["metadata"]["name"]: item["stringData"] for item in json.loads(result.stdout)["items"]}


def write(home: Path, texts: Texts | None = None) -> None:
    """Write the key of the members and the users into a folder; without texts, those of new Secrets."""
    texts = texts or secrets("create")
    (home / "keyfile").unlink(missing_ok=True)
    (home / "keyfile").write_text(texts["mongodb-keyfile"]["keyfile"])
    (home / "keyfile").chmod(0o400)
    (home / "users.json").write_text(texts["mongodb-users"]["users.json"])


def run(home: Path, member: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the Secrets in the folder."""
    command = [sys.executable, "-c", _SCRIPT, str(COMPONENT / "initiate.py"), str(home), member]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **env})


def initiate(home: Path, member: str, **env: str) -> str:
    """The output of the script, which must succeed."""
    done = run(home, member, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
