"""What operators have corrected on the missions of a platform."""

from pymongo.client_session import ClientSession

from app.domain.withdrawals import Corrections
from app.store import restorations, withdrawals


def of_platform(platform: str, session: ClientSession) -> Corrections:
    """The withdrawn missions of a platform, and the restorations of its missions."""
    withdrawn, restored = withdrawals.of_platform(platform, session), restorations.of_platform(platform, session)
    return Corrections(tuple(withdrawn), tuple(restored))
