"""Upper bounds on the number of profiles, fixes and variables of one mission."""

from app.ingest.refusals import Refused

# A track is one document of 150 bytes a profile, and MongoDB accepts 16 MB; a year of shallow dives has 15 000.
MAX_PROFILES = 50_000
# Each takes half a kilobyte in every list that shows the mission; a Seaglider with all its electronics has 200.
MAX_VARIABLES = 500


def require_few_profiles(count: int) -> None:
    """Raises Refused for more profiles than a mission can have."""
    if count > MAX_PROFILES:
        raise Refused("too_large", f"{count} profiles are more than the {MAX_PROFILES} a mission may have")


def require_few_fixes(count: int) -> None:
    """Raises Refused for more fixes than a track can have: nearly a year of one each ten minutes."""
    if count > MAX_PROFILES:
        raise Refused("too_large", f"{count} fixes are more than the {MAX_PROFILES} a mission may have")


def require_few_variables(count: int) -> None:
    """Raises Refused for more measured variables than a mission can have."""
    if count > MAX_VARIABLES:
        raise Refused("too_large", f"{count} variables are more than the {MAX_VARIABLES} a mission may have")
