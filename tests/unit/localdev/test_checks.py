"""Each missing prerequisite of the machine gives one line that names the remedy."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.localdev import libraries, pidfiles, up
from app.localdev.errors import LocalDevError

SETUP = Path(__file__).parents[3] / "scripts" / "setup"
LDD_WITHOUT_CURL = "\tlibcurl.so.4 => not found\n\tlibssl.so.3 => not found\n\tlibm.so.6 => /lib/libm.so.6 (0x1)\n"


def test_missing_libraries_give_their_packages_and_the_workaround():
    line = libraries.missing(LDD_WITHOUT_CURL)

    assert line.count("\n") == 0
    assert "libcurl.so.4" in line
    assert "apt-get install libcurl4 libssl3" in line
    assert "MONGODB_URI and REDIS_URL" in line


def test_an_old_c_library_gives_the_required_version():
    assert "glibc 2.28" in libraries.missing("mongod: /lib/libc.so.6: version `GLIBC_2.28' not found (required by m)")


def test_no_library_is_missing_if_ldd_resolves_all():
    assert libraries.missing("\tlibcurl.so.4 => /lib/libcurl.so.4 (0x1)\n") is None


def test_a_port_in_use_gives_the_command_with_another_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(LocalDevError, match=rf"^Port {port} is in use: .*make up PORT={port + 1}'\.$"):
            up.check_port(port)


def test_a_full_disk_gives_the_free_and_the_required_space():
    with pytest.raises(LocalDevError, match=r"^The disk is full: 12 MB are free and 600 MB are needed"):
        up.check_disk(12_000_000)


def test_a_process_that_reuses_the_pid_is_not_stopped(tmp_path):
    pid_file = tmp_path / "web.pid"
    pid_file.write_text(f"{os.getpid()} 1\n")

    assert pidfiles.stop(pid_file) is False
    assert not pid_file.exists()


def test_a_stopped_process_is_not_alive(tmp_path):
    pidfiles.start("short", ["sleep", "60"], tmp_path)

    assert pidfiles.alive(tmp_path / "short.pid") is not None
    assert pidfiles.stop(tmp_path / "short.pid") is True
    assert pidfiles.alive(tmp_path / "short.pid") is None


def test_a_missing_program_is_named_in_the_error(tmp_path):
    with pytest.raises(LocalDevError, match=r"^cannot start web: No such file or directory \(/nowhere/web\)$"):
        pidfiles.start("web", ["/nowhere/web"], tmp_path)


@pytest.fixture
def checkout(tmp_path):
    """A folder with the set-up script alone: the script must stop at its first check."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/setup").write_bytes(SETUP.read_bytes())
    return tmp_path


def _setup(checkout, python):
    command = ["sh", "scripts/setup", "localdev"]
    env = {**os.environ, "PYTHON": str(python)}
    return subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def _python(path, source):
    path.write_text(f"#!/bin/sh\n{source}\n")
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_gives_the_version_and_the_remedy(checkout):
    result = _setup(checkout, _python(checkout / "python", "echo 3.9"))

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "Python 3.11, 3.12 or 3.13 is needed (found: 3.9)" in result.stderr
    assert "make up PYTHON=" in result.stderr


def test_a_python_without_venv_gives_the_package(checkout):
    source = 'case "$2" in *version_info*) echo 3.12 ;; *) exit 1 ;; esac'

    result = _setup(checkout, _python(checkout / "python", source))

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "sudo apt-get install python3.12-venv" in result.stderr


def test_a_missing_python_is_reported(checkout):
    result = _setup(checkout, checkout / "nowhere")

    assert "found: none" in result.stderr
    assert sys.executable not in result.stderr
