"""Updates: deployments, silent platforms, ends, delayed-mode data and corrections, as a page and as an RSS feed."""

from dataclasses import dataclass
from typing import Any, get_args

from flask import Blueprint, Response, render_template, request

from app.domain import mission_filters, reporting
from app.domain.mission_filters import OneOf, Parameter, Text
from app.domain.records import Over, Update, UpdateKind
from app.errors import Moved
from app.http import expiry, public_url
from app.queries import clock, former_ids, platforms, updates
from app.queries.updates import UpdatePage
from app.views import filters, paging

bp = Blueprint("updates", __name__)

KINDS: dict[UpdateKind, str] = {
    "deployment": "Deployment",
    "silent": "Silent",
    "end": "End of mission",
    "delayed": "Delayed data",
    "withdrawal": "Withdrawal",
    "restoration": "Restoration",
}
REASONS: dict[Over, str] = {
    "next_mission": "ended, because its platform has begun a later one",
    "processed_data": "ended, because delayed-mode data have been imported",
    "silence": f"no data for {reporting.ENDED_AFTER.days} days; treated as ended",
}
_UPDATES_A_PAGE = 50
# A feed reader that polls once a day misses no update of a large fleet.
_UPDATES_A_FEED = 50
_FILTERS = (
    Parameter("kind", OneOf(get_args(UpdateKind)), "Kind of update."),
    Parameter("platform", Text(), "Platform id."),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The updates that a visitor selects. `given` holds the parameters as they are in the URL."""

    kind: UpdateKind | None
    platform: str | None
    simulated: bool
    given: dict[str, str]

    def page(self, limit: int, cursor: str | None = None) -> UpdatePage:
        """A page of them, as of now."""
        page = updates.page(clock.now(), limit, cursor, self.kind, self.platform, self.simulated)
        expiry.until(page.until)
        return page


@bp.get("/updates")
def index() -> str:
    """Updates of missions, the latest published first, a page at a time."""
    choice, after = _choice(), paging.after()
    with paging.invalid_as_after():
        page = choice.page(_UPDATES_A_PAGE, after)
    return render_template(
        "updates.html", **_context(page.items), kinds=KINDS, choice=choice, next=page.next, after=after
    )


@bp.get("/updates.rss")
def rss() -> Response:
    """The latest updates as RSS 2.0, with the filters of the page."""
    choice = _choice()
    feed = render_template(
        "updates.rss.xml",
        **_context(choice.page(_UPDATES_A_FEED).items),
        kinds=KINDS,
        choice=choice,
        root=public_url.root(),
    )
    return Response(feed, mimetype="application/rss+xml")


def _context(shown: list[Update]) -> dict[str, Any]:
    """The variables by which templates describe these updates."""
    owners = platforms.named(sorted({update.platform for update in shown}))
    return {
        "updates": shown,
        "platforms": owners,
        "reasons": REASONS,
        "ended_after_d": reporting.ENDED_AFTER.days,
        "silent_after": reporting.SILENT_AFTER,
    }


def _choice() -> Choice:
    """The choice in this request's URL. Raises Invalid for a wrong parameter, and Moved for a former platform."""
    given = {each.name: text for each in _FILTERS if (text := request.args.get(each.name, "").strip())}
    values = {each.name: mission_filters.valid(each, given[each.name]) for each in _FILTERS if each.name in given}
    platform = values.get("platform")
    if (present := former_ids.platform(platform)) != platform:
        raise Moved(str(present))
    simulated = filters.simulated()
    if simulated:
        given["simulated"] = "include"
    return Choice(values.get("kind"), platform, simulated, given)
