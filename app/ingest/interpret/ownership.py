"""Ownership of platforms: `platforms.toml` may name the provider whose imports a platform accepts."""

from collections.abc import Iterable, Mapping

from app.ingest.interpret.identity import PlatformName
from app.ingest.refusals import Refused


def owned_id(ids: Iterable[str], names: Mapping[str, PlatformName]) -> str | None:
    """The first of these ids of a platform that has a provider; None if none has."""
    return next((name for name in ids if name in names and names[name].provider is not None), None)


def require(platforms: Iterable[str], names: Mapping[str, PlatformName], provider: str | None) -> None:
    """Raises Refused if a provider imports for a platform of another one.

    `platforms` are the ids that the file and the stored mission have. Without a provider the caller is the operator.
    """
    if provider is None:
        return
    for platform in platforms:
        owner = names[platform].provider if platform in names else None
        if owner is not None and owner.strip().casefold() != provider.strip().casefold():
            # Not the name of the owner: reasons are public.
            raise Refused("wrong_provider", f"the platform {platform} does not belong to the provider {provider}")
