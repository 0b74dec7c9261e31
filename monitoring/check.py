"""The checks of `make rules`: generated files, alert rules and their tests, alert routing.

python -m monitoring.check [--slow]
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from monitoring import generate

HERE = Path(__file__).parent
INSTALL_HINTS = {
    "promtool": "Debian: apt install prometheus",
    "amtool": "https://github.com/prometheus/alertmanager/releases",
}


def _succeeds(*command: str | Path) -> bool:
    """True if the command exits with 0; its output goes to stderr if it does not."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=HERE)
    if result.returncode:
        sys.stderr.write(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.returncode == 0


def _all_succeed(commands: list[tuple[str | Path, ...]]) -> bool:
    """True if every command exits with 0. Runs one per core at a time, and all of them even if one fails."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return all(list(pool.map(lambda command: _succeeds(*command), commands)))


def generated() -> bool:
    """True if every generated file matches its source."""
    return generate.main(["--check"]) == 0


def rule_tests(slow: bool) -> list[Path]:
    """Return the test files of the rules, those below slow/ only on request, the largest first.

    promtool tests the files that one process gets one after another, so each file gets its own process.
    """
    folder = HERE / "rules" / "tests"
    files = [*folder.glob("*.yml"), *(folder.glob("slow/*.yml") if slow else [])]
    return sorted(files, key=lambda path: path.stat().st_size, reverse=True)


def rules(slow: bool = False) -> bool:
    """True if promtool accepts the rules and all of their tests pass."""
    files = sorted((HERE / "rules").glob("*.yml"))
    return _succeeds("promtool", "check", "rules", *files) and _all_succeed(
        [("promtool", "test", "rules", path) for path in rule_tests(slow)]
    )


def routing() -> bool:
    """True if amtool accepts the configuration and routes each example of routing.yaml to its receiver."""
    folder = HERE / "alertmanager"
    config = folder / "alertmanager.yml"
    examples: list[dict[str, Any]] = yaml.safe_load((folder / "routing.yaml").read_text("utf-8"))
    return _succeeds("amtool", "check-config", config, *sorted(folder.glob("*/alertmanager.yml"))) and _all_succeed(
        [
            (
                *("amtool", "config", "routes", "test", f"--config.file={config}"),
                f"--verify.receivers={example['receiver']}",
                *(f"{name}={value}" for name, value in example["labels"].items()),
            )
            for example in examples
        ]
    )


def is_missing(tool: str, path: str | None, in_ci: bool) -> bool:
    """True if a check has to be skipped because its tool is not installed; reports it, in CI as a failure."""
    if path is None:
        outcome = "FAILED" if in_ci else "SKIPPED"
        sys.stderr.write(f"{outcome}: {tool} is not on PATH, its checks did not run ({INSTALL_HINTS[tool]})\n")
    return path is None


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 if every check that could run passed, 1 if one failed or a tool is missing in CI."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.check", description="Check alert rules and routing.")
    parser.add_argument("--slow", action="store_true", help="run the slow rule tests too (rules/tests/slow)")
    slow: bool = parser.parse_args(arguments).slow
    in_ci = bool(os.environ.get("CI"))
    checks: list[tuple[str, Callable[[], bool], str | None]] = [
        ("generated files", generated, None),
        ("rules and their tests", partial(rules, slow), "promtool"),
        ("alert routing", routing, "amtool"),
    ]
    failed = False
    for name, check, tool in checks:
        if tool is not None and is_missing(tool, shutil.which(tool), in_ci):
            failed = failed or in_ci
            continue
        passed = check()
        sys.stdout.write(f"{'ok' if passed else 'FAILED'}: {name}\n")
        failed = failed or not passed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
