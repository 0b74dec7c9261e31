"""The target of the load: allow-list, check that it runs Halocline, and the missions to read."""

import dataclasses
import ipaddress
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from http.client import HTTPException
from typing import Any

# A service that needs longer for one small document cannot take load.
CHECK_TIMEOUT_S = 10
# Enough to spread the reads; of a larger archive only the newest missions are read.
MOST_MISSIONS = 500


class WrongTarget(Exception):
    """The target is not permitted or not usable; the text is the one line to show."""


@dataclasses.dataclass(frozen=True, slots=True)
class Mission:
    """One mission and the fields that select requests.

    Only a mission with a bounding box has a track. That of a sailbuoy has no profiles.
    """

    platform: str
    mission: str
    bbox: tuple[float, ...] | None
    start_at: str
    end_at: str
    basins: tuple[str, ...]
    has_profiles: bool

    @property
    def year(self) -> str:
        """The year of the latest data."""
        return self.end_at[:4]

    @classmethod
    def of(cls, item: Any) -> "Mission":
        """Return the mission of an item of the API's list. Raises KeyError, TypeError."""
        box = item["bbox"]
        return cls(
            platform=item["platform"],
            mission=item["mission"],
            bbox=None if box is None else tuple(box),
            start_at=item["start_at"],
            end_at=item["end_at"],
            basins=tuple(basin["id"] for basin in item["basins"]),
            has_profiles=item["profiles"] > 0,
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Never follows a redirect, which could leave the allow-list: it counts as a response that is not 200."""

    def redirect_request(self, *_: Any) -> None:
        """Return None: the redirect is not followed."""


# No proxy: one from the environment would be measured instead of the target.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def permitted(url: str | None, allowed_hosts: Iterable[str]) -> str:
    """Return the base URL without a trailing slash. Raises WrongTarget unless its host is loopback or listed."""
    parts = urllib.parse.urlsplit(url or "")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongTarget(f"{url!r} is no http:// or https:// address: name the target with --host")
    if not _loopback(parts.hostname) and parts.hostname not in {host.lower() for host in allowed_hosts}:
        raise WrongTarget(
            f"{parts.hostname} is not on the allow-list: add --allow-host {parts.hostname} if it is yours"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def verify(base_url: str, expected_version: str | None = None) -> None:
    """Check that Halocline is alive at this address. Raises WrongTarget."""
    _open(f"{base_url}/livez")
    fleet = _json(f"{base_url}/api/v1/totals").get("fleet")
    if not isinstance(fleet, dict) or not {"missions", "profiles"} <= fleet.keys():
        raise WrongTarget(f"{base_url}/api/v1/totals has no totals of a fleet: this is not Halocline")
    # The footer of every page contains the version.
    if expected_version and f"Halocline {expected_version}<" not in _open(f"{base_url}/").decode(errors="replace"):
        raise WrongTarget(f"{base_url} does not run Halocline {expected_version}")


def missions(base_url: str) -> list[Mission]:
    """Return the newest missions, at least one and at most 500. Raises WrongTarget."""
    newest = [mission for page in _pages(base_url) for mission in page]
    if not newest:
        raise WrongTarget(f"{base_url} holds no missions: import files first")
    return newest


def _pages(base_url: str) -> Iterator[list[Mission]]:
    cursor, remaining = None, MOST_MISSIONS
    while remaining > 0:
        query = {"limit": str(min(remaining, 200))} | ({"cursor": cursor} if cursor else {})
        page = _json(f"{base_url}/api/v1/missions?{urllib.parse.urlencode(query)}")
        try:
            yield [Mission.of(item) for item in page["items"]]
        except (KeyError, TypeError) as error:
            raise WrongTarget(f"{base_url}/api/v1/missions lacks {error}: this is not Halocline") from error
        remaining -= len(page["items"])
        cursor = page.get("next")
        if not cursor or not page["items"]:
            return


def _open(url: str) -> bytes:
    try:
        with _opener.open(url, timeout=CHECK_TIMEOUT_S) as answer:
            body: bytes = answer.read()
            return body
    except urllib.error.HTTPError as error:
        raise WrongTarget(f"{url} answered {error.code}: this is not a Halocline that can be loaded") from error
    except (OSError, HTTPException) as error:
        raise WrongTarget(f"{url} does not answer: {getattr(error, 'reason', error)}") from error


def _json(url: str) -> dict[str, Any]:
    try:
        document = json.loads(_open(url))
    except ValueError as error:
        raise WrongTarget(f"{url} is no JSON: this is not Halocline") from error
    if not isinstance(document, dict):
        raise WrongTarget(f"{url} is no JSON object: this is not Halocline")
    return document
