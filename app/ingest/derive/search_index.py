"""The search index: the terms of platforms, missions and basins, written when their names change."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from pymongo.client_session import ClientSession

from app import events
from app.domain import search_terms
from app.domain.records import Mission, Platform
from app.domain.times import to_ms
from app.ingest.formats import vocabulary
from app.store import basins, change_log, platform_aliases, platforms, search, transactions

_NUMBER = re.compile(r"[a-z]{1,3}\d{1,4}")
# Every mission has variables: one or two letters would match all missions.
_SHORTEST = 3


def refresh(platform: str, missions: Sequence[Mission], session: ClientSession) -> bool:
    """Index a platform and all its missions under their current names. False if the index did not change."""
    former = platform_aliases.former_ids([platform], session).get(platform, [])
    return search.replace_of(platform, entries(platforms.of(platform, session), missions, former), session)


def entries(
    owner: Platform | None, missions: Sequence[Mission], former_ids: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The entries of a platform and of all its missions. `former_ids`: those of the platform."""
    of_missions = [_mission(mission, owner, former_ids) for mission in missions]
    return of_missions if owner is None else [*of_missions, _platform(owner, former_ids)]


def refresh_basins() -> None:
    """Index the stored basins, unless they are indexed already."""
    digest = basins.digests().names
    if digest != search.basins_digest():
        indexed = basin_entries(basins.names())

        def replace(session: ClientSession) -> int:
            search.replace_basins(indexed, digest, session)
            return change_log.append(("basins",), datetime.now(UTC), session)

        events.announce(transactions.run(replace))


def basin_entries(names: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The entries of basins by their ids and names; the first name sorts them."""
    return [_basin(basin, of_basin) for basin, of_basin in names.items()]


def _mission(mission: Mission, owner: Platform | None, former_ids: Sequence[str]) -> dict[str, Any]:
    metadata = mission.metadata
    names = [owner.serial, owner.name or ""] if owner else []
    datasets = _datasets(mission)
    described = (str(metadata.get(key) or "") for key in ("name", "project", "institution"))
    texts = [mission.platform, *former_ids, mission.mission, *names, *described, *datasets]
    full_names = [mission.id, mission.mission, *datasets, *(f"{name} {mission.mission}" for name in names if name)]
    full_names += [f"{former}/{mission.mission}" for former in former_ids]
    if owner:
        full_names.append(f"{owner.display_name} {mission.mission}")
    # Newest first; the start does not change while a mission continues, so that its entry stays valid.
    order = -to_ms(mission.figures.start_at)
    keys = (
        search_terms.beginnings([*texts, mission.kind, *_numbers(mission)]) | _measured(mission) | _exactly(full_names)
    )
    return search.entry("mission", mission.id, keys, order, platform=mission.platform, simulated=mission.simulated)


def _platform(owner: Platform, former_ids: Sequence[str]) -> dict[str, Any]:
    wmo_ids = [owner.wmo_id, f"WMO {owner.wmo_id}"] if owner.wmo_id else []
    names = [owner.platform, *former_ids, owner.serial, owner.name or "", *wmo_ids]
    described = [owner.kind, owner.model or "", owner.operator or ""]
    keys = search_terms.beginnings([*names, *described]) | _exactly([*names, owner.display_name])
    order = search_terms.whole(owner.serial)
    return search.entry("platform", owner.platform, keys, order, platform=owner.platform, simulated=owner.simulated)


def _basin(basin: str, names: Sequence[str]) -> dict[str, Any]:
    texts = [basin, *names]
    keys = search_terms.beginnings(texts) | _exactly(texts)
    return search.entry("basin", basin, keys, search_terms.whole(names[0]))


def _datasets(mission: Mission) -> list[str]:
    """The ids of the mission's dataset: those that the file declares, and that of an ERDDAP address."""
    declared = [mission.metadata.get("dataset_id"), mission.metadata.get("deployment_id"), mission.declared.get("id")]
    name = mission.source.file_name
    served = PurePosixPath(name.partition("?")[0]).stem if "://" in name else ""
    return [text for each in (*declared, served) if (text := str(each or ""))]


def _numbers(mission: Mission) -> list[str]:
    """Numbers of the mission in its file name: `M17` of `nrt_SEA077_M17.nc`."""
    return [word for word in search_terms.of(mission.source.file_name) if _NUMBER.fullmatch(word)]


def _measured(mission: Mission) -> set[str]:
    """The prefixes of a mission's variables: `temperature`, `chla`."""
    names = [name for variable in mission.variables for name in vocabulary.synonyms(variable.name)]
    return {key for key in search_terms.beginnings(names) if len(key) >= _SHORTEST and not key.isdigit()}


def _exactly(names: Sequence[str]) -> set[str]:
    """The keys that match a whole name."""
    return {search_terms.exactly(name) for name in names if search_terms.of(name)}
