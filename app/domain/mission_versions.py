"""Versions of missions and the original files that they were imported from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.records import DataMode, Figures


@dataclass(frozen=True, slots=True)
class Original:
    """An original file: its name, or the URL that it was fetched from, and its SHA-256."""

    file_name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class MissionVersion:
    """A version of a mission: its original files, oldest data first, and the file that was read with them, if any.

    `parts` describes the files of a mission in several parts, as `metadata.parts` of the mission does.

    `actor` imported it for `provider`; both are None if they are not recorded. `reason` is that of an operator who
    replaced another version by this one.
    """

    platform: str
    mission: str
    version: str
    data_mode: DataMode
    format: str
    imported_at: datetime
    figures: Figures
    files: tuple[Original, ...]
    companion: Original | None = None
    parts: tuple[Mapping[str, Any], ...] = ()
    actor: str | None = None
    provider: str | None = None
    reason: str | None = None
