"""Updates: deployments, recoveries and first delayed data, as a page and as a feed."""

from dataclasses import dataclass
from typing import Any, cast, get_args

from flask import Blueprint, Response, render_template, request

from app.domain import lifecycle
from app.domain.records import Over, Update, UpdateKind
from app.errors import Invalid
from app.http import expiry, public_url
from app.queries import clock, platforms, updates
from app.queries.updates import UpdatePage
from app.views import filters

bp = Blueprint("updates", __name__)

KINDS: dict[UpdateKind, str] = {"deployment": "Deployment", "recovery": "Recovery", "delayed": "Delayed data"}
REASONS: dict[Over, str] = {
    "next_mission": "its platform has begun a later one",
    "processed_data": "processed data have come in",
    "silence": f"nothing has been heard for {lifecycle.SILENT_FOR.days} days",
}
_UPDATES_A_PAGE = 50
# A reader that asks once a day misses nothing of a large fleet.
_UPDATES_A_FEED = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """Which updates a visitor asks for. `given` holds what was chosen, as it stands in the address."""

    kind: UpdateKind | None
    platform: str | None
    simulated: bool
    given: dict[str, str]

    def page(self, limit: int, cursor: str | None = None) -> UpdatePage:
        """A page of them, as of now."""
        found = updates.page(clock.now(), limit, cursor, self.kind, self.platform, self.simulated)
        expiry.until(found.until)
        return found


@bp.get("/updates")
def index() -> str:
    """News of missions, the last known first, a page at a time."""
    choice = _choice()
    after = request.args.get("after")
    try:
        found = choice.page(_UPDATES_A_PAGE, after or None)
    except Invalid as error:
        raise Invalid("after", error.problem) from error
    return render_template(
        "updates.html", **told(found.items), kinds=KINDS, choice=choice, next=found.next, after=after
    )


@bp.get("/updates.rss")
def rss() -> Response:
    """The newest updates as RSS 2.0; what stands in the address chooses, as on the page."""
    choice = _choice()
    text = render_template(
        "updates.rss.xml",
        **told(choice.page(_UPDATES_A_FEED).items),
        kinds=KINDS,
        choice=choice,
        root=public_url.root(),
    )
    return Response(text, mimetype="application/rss+xml")


def told(found: list[Update]) -> dict[str, Any]:
    """What templates need to tell these updates."""
    known = platforms.named(sorted({update.platform for update in found}))
    return {"updates": found, "platforms": known, "reasons": REASONS, "silent_for_d": lifecycle.SILENT_FOR.days}


def _choice() -> Choice:
    """The choice in this request's address. Raises Invalid, naming what makes no sense in it."""
    given = {name: value for name in ("kind", "platform") if (value := request.args.get(name, "").strip())}
    kind, platform = given.get("kind"), given.get("platform")
    if kind is not None and kind not in get_args(UpdateKind):
        raise Invalid("kind", "must be deployment, recovery or delayed")
    try:
        platform = filters.word(platform) if platform else None
    except ValueError as error:
        raise Invalid("platform", str(error)) from error
    simulated = filters.simulated()
    if simulated:
        given["simulated"] = "include"
    return Choice(cast("UpdateKind | None", kind), platform, simulated, given)
