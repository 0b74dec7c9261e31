"""Admission of an import: corrections by an operator that no import undoes."""

from dataclasses import replace

from pymongo.client_session import ClientSession

from app.ingest.interpret.mission_draft import Draft
from app.ingest.refusals import Refused
from app.store import missions, platform_aliases, withdrawals


def renamed(draft: Draft) -> Draft:
    """The draft under the present id of its platform, if an operator has renamed it.

    The version stays that of the former id, as in the store: the same file is unchanged.
    """
    own = draft.identity
    present = platform_aliases.current(own.platform)
    # A rename moves one mission after the other, also the withdrawn ones, which `require` refuses.
    is_here = missions.exists(own.platform, own.mission) or withdrawals.find(own.platform, own.mission) is not None
    if present is None or is_here:
        return draft
    return replace(draft, identity=replace(own, platform=present))


def former_ids(platform: str) -> list[str]:
    """The former ids of a platform, newest first."""
    return platform_aliases.former_ids([platform]).get(platform, [])


def require(platform: str, mission: str, session: ClientSession | None = None) -> None:
    """Raises Refused for a withdrawn mission, and if the platform was renamed since `renamed`.

    It is called again in the transaction of the commit.
    """
    stone = withdrawals.find(platform, mission, session)
    if stone is not None:
        remedy = f"only the operator of the portal can restore it, with halocline withdraw {stone.id} --restore"
        raise Refused("withdrawn", f"the mission {stone.id} {stone.event.rstrip('.')}; {remedy}")
    present = platform_aliases.current(platform, session)
    if present is not None and missions.document(platform, mission, session) is None:
        raise Refused("changed_while_reading", f"the platform {platform} was renamed to {present}: import it again")
