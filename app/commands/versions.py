"""`halocline versions` and `rollback`: one line or JSON object for each version; the plan, or the outcome."""

import sys
from dataclasses import replace
from typing import Any

import orjson

from app.commands import output
from app.config import Settings
from app.domain.audit import Actor
from app.ingest import context
from app.ingest.corrections import rollback as correction
from app.ingest.corrections.rollback import History, ListedVersion
from app.ingest.interpret.identity import Options
from app.ingest.interpret.import_terms import Terms
from app.store import connection

# Like an import.
_STORE_TIMEOUT_MS = 60_000


def versions(settings: Settings, name: str, as_json: bool) -> int:
    """List the versions of a mission; 0. Raises NotFound, Conflict, Unavailable and RunFailed."""
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        history = correction.history(name)
    lines = [orjson.dumps(_fields(each), option=orjson.OPT_UTC_Z).decode() for each in history.versions]
    sys.stdout.write("".join(f"{line}\n" for line in (lines if as_json else _lines(history))))
    return 0


def rollback(settings: Settings, name: str, version: str, reason: str, actor: Actor, is_dry: bool) -> int:
    """Make an earlier version current, or print what would be done; 0.

    Raises NotFound, Conflict, Refused, Unavailable and RunFailed.
    """
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        if is_dry:
            sys.stdout.write(_plan(name, version))
            return 0
        tools = replace(context.import_context(settings, Options()), terms=Terms(actor))
        outcome = correction.rollback(name, version, reason, actor, tools)
    verb = "rolled back" if outcome == "done" else "unchanged"
    sys.stdout.write(f"{verb} {name}: version {version} is current\n")
    return 0


def _plan(name: str, version: str) -> str:
    history = correction.history(name)
    chosen = correction.chosen(history, version)
    current = next(each for each in history.versions if each.is_current)
    listed = next(each for each in history.versions if each.version is chosen)
    if listed.is_current:
        return f"{name} has the version {chosen.version} already.\n"
    return (
        f"current: {_line(current)}\ntarget:  {_line(listed)}\n"
        "Nothing was changed: --yes imports the files of the target again.\n"
    )


def _lines(history: History) -> list[str]:
    lines = [f"{'*' if each.is_current else ' '} {_line(each)}" for each in history.versions]
    lines += [
        f"  {each.version} {each.data_mode}, {each.file_name}, replaced {each.replaced_at:%Y-%m-%dT%H:%MZ}; "
        "no rollback: its files were not recorded"
        for each in reversed(history.unrecorded)
    ]
    return lines


def _line(listed: ListedVersion) -> str:
    version = listed.version
    names = version.files[0].file_name + (f" and {len(version.files) - 1} more" if len(version.files) > 1 else "")
    by = f" by {version.actor}" if version.actor else ""
    reason = f"; reason: {version.reason}" if version.reason else ""
    obstacle = f"; no rollback: {listed.obstacle}" if listed.obstacle else ""
    return (
        f"{version.version} {version.data_mode}, {names}, imported {version.imported_at:%Y-%m-%dT%H:%MZ}{by}, "
        f"{version.figures.samples} samples, {version.figures.profiles} profiles{reason}{obstacle}"
    )


def _fields(listed: ListedVersion) -> dict[str, Any]:
    """The fields of `--json`, in their order."""
    version = listed.version
    companion = [version.companion] if version.companion is not None else []
    return {
        "version": version.version,
        "is_current": listed.is_current,
        "data_mode": version.data_mode,
        "imported_at": version.imported_at,
        "actor": version.actor,
        "provider": version.provider,
        "reason": version.reason,
        "samples": version.figures.samples,
        "profiles": version.figures.profiles,
        "files": [{"file_name": file.file_name, "sha256": file.sha256} for file in (*version.files, *companion)],
        "obstacle": listed.obstacle,
    }
