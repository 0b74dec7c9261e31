"""`halocline rename`: the plan, or the outcome in one line; the exit status."""

import sys

from app.commands import output
from app.config import Settings
from app.domain.audit import Actor
from app.ingest.corrections import renaming
from app.ingest.interpret import identity
from app.ingest.persist import platform_summary
from app.ingest.verify import verification
from app.store import connection

# Like an import.
_STORE_TIMEOUT_MS = 60_000


def run(settings: Settings, former: str, present: str, reason: str | None, actor: Actor, is_dry: bool) -> int:
    """Rename the platform, or print what would be done; 0.

    Raises Invalid, NotFound, Conflict, Unavailable when the store is unreachable, and RunFailed when it refuses.
    """
    output.escape_unencodable()
    names = identity.platform_names(settings.platforms_file)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        plan = renaming.plan(former, present)
        if is_dry:
            sys.stdout.write(f"{plan.former} would become {plan.present}, with {plan.counts}.\n")
            sys.stdout.write("Nothing was changed: --yes renames the platform.\n")
        else:
            outcome = renaming.rename(plan, reason, actor, names, verification.basin_map())
            verb = "renamed  " if outcome == "done" else "unchanged"
            sys.stdout.write(f"{verb} {plan.former} is {plan.present}\n")
    has_names = plan.former in names and plan.present not in names
    if has_names and not platform_summary.has_label(names[plan.former], plan.present):
        sys.stderr.write(
            f"halocline: {plan.present} has the names of the table [{plan.former}], but not its label: "
            f"a table [{plan.present}] in platforms.toml gives it one\n"
        )
    return 0
