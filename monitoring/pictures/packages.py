"""The JavaScript packages and the bundle that draws a dashboard: in build/, never in the repository's node_modules."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "dashboard-pictures"
PACKAGE_FILES = ("package.json", "package-lock.json", ".npmrc")
# 600 packages over a slow network.
_INSTALL_WITHIN_S = 900


class NotBuilt(Exception):
    """The bundle could not be built. The message is one line; it names the remedy."""


def bundle(build: Path = BUILD) -> Path:
    """Return the folder of the bundle (`board.js`, `board.css`), after building it if a source has changed.

    Raises NotBuilt without npm, or if npm or esbuild fails.
    """
    build.mkdir(parents=True, exist_ok=True)
    packages = [HERE / name for name in PACKAGE_FILES]
    if not _is_current(build / "packages.digest", packages):
        for path in packages:
            shutil.copy(path, build)
        _run(build, "npm", "ci", "--loglevel=error")
        _record(build / "packages.digest", packages)
    sources = [Path(__file__), *packages, *sorted((HERE / "src").iterdir())]
    if not _is_current(build / "bundle.digest", sources):
        _run(
            build,
            *(str(build / "node_modules/.bin/esbuild"), str(HERE / "src/main.js"), "--bundle", "--minify"),
            *(f"--outfile={build / 'board.js'}", "--loader:.svg=text", "--loader:.woff2=dataurl"),
            *("--loader:.ttf=dataurl", "--define:global=window", '--define:process.env.NODE_ENV="production"'),
            # Its CommonJS form: in its ES modules, the default import of a CommonJS package is not the component.
            f"--alias:@grafana/ui={build / 'node_modules/@grafana/ui/dist/cjs/index.cjs'}",
            "--log-level=error",
        )
        _record(build / "bundle.digest", sources)
    return build


def _run(build: Path, *command: str) -> None:
    # The programs of the virtual environment last: it may have a Node.js, but the system's is preferred.
    path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    # The sources are outside of the folder of the packages; esbuild resolves their imports through NODE_PATH.
    env = {**os.environ, "PATH": path, "NODE_PATH": str(build / "node_modules")}
    program = shutil.which(command[0], path=path)
    if program is None:
        raise NotBuilt(f"{command[0]} is not on PATH: run 'make setup', or install Node.js 20.19 or newer")
    try:
        result = subprocess.run(
            [program, *command[1:]],
            cwd=build,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=_INSTALL_WITHIN_S,
        )
    except subprocess.TimeoutExpired as error:
        raise NotBuilt(f"{command[0]} did not end within {_INSTALL_WITHIN_S} s: check the network") from error
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip() or "no output").splitlines()[-1]
        raise NotBuilt(f"'{' '.join(command[:2])}' failed: {last}")


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


def _is_current(stamp: Path, files: list[Path]) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _digest(files)


def _record(stamp: Path, files: list[Path]) -> None:
    stamp.write_text(_digest(files), encoding="ascii")
