"""What `make rules` runs: generated files up to date, rules and their tests by promtool, routing by amtool."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from monitoring import generate

HERE = Path(__file__).parent
WHERE = {
    "promtool": "Debian: apt install prometheus",
    "amtool": "https://github.com/prometheus/alertmanager/releases",
}


def _ran(*command: str | Path) -> bool:
    """Whether the command succeeded; what it said is shown only when it did not."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=HERE)
    if done.returncode:
        sys.stderr.write(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def generated() -> bool:
    """Whether every generated file is what its source gives."""
    return generate.main(["--check"]) == 0


def rules() -> bool:
    """Whether promtool accepts the rules and every test of theirs holds."""
    files = sorted((HERE / "rules").glob("*.yml"))
    tests = sorted((HERE / "rules" / "tests").glob("*.yml"))
    return _ran("promtool", "check", "rules", *files) and _ran("promtool", "test", "rules", *tests)


def routing() -> bool:
    """Whether amtool accepts the configuration and sends each example of routing.yaml where it should go."""
    config = HERE / "alertmanager" / "alertmanager.yml"
    examples: list[dict[str, Any]] = yaml.safe_load((HERE / "alertmanager" / "routing.yaml").read_text("utf-8"))
    if not _ran("amtool", "check-config", config):
        return False
    routed = [
        _ran(
            *("amtool", "config", "routes", "test", f"--config.file={config}"),
            f"--verify.receivers={example['receiver']}",
            *(f"{name}={value}" for name, value in example["labels"].items()),
        )
        for example in examples
    ]
    return all(routed)


def missing(tool: str, found: str | None, in_ci: bool) -> bool:
    """Whether the check that needs a tool cannot run; says so. In CI that is a failure, elsewhere a notice."""
    if found is None:
        word = "FAILED" if in_ci else "SKIPPED"
        sys.stderr.write(f"{word}: {tool} is not on PATH, its checks did not run ({WHERE[tool]})\n")
    return found is None


def main() -> int:
    """Exit status: 0 when all that could run passed, 1 when something failed or a tool is missing in CI."""
    in_ci = bool(os.environ.get("CI"))
    checks: list[tuple[str, Callable[[], bool], str | None]] = [
        ("generated files", generated, None),
        ("rules and their tests", rules, "promtool"),
        ("alert routing", routing, "amtool"),
    ]
    failed = False
    for name, check, tool in checks:
        if tool is not None and missing(tool, shutil.which(tool), in_ci):
            failed = failed or in_ci
            continue
        passed = check()
        sys.stdout.write(f"{'ok' if passed else 'FAILED'}: {name}\n")
        failed = failed or not passed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
