"""What the commit of a draft would do, with nothing stored."""

from collections.abc import Callable
from dataclasses import replace

from pymongo.client_session import ClientSession

from app.domain.records import Outcome
from app.ingest.interpret.import_terms import Terms
from app.ingest.interpret.mission_draft import Draft
from app.ingest.persist import admission, commit, profile_merge
from app.ingest.persist.mapping import File
from app.ingest.refusals import Refused
from app.store import missions, transactions


def outcome(draft: Draft, file: File, terms: Terms) -> Outcome:
    """The outcome that `commit.commit_draft` would return now. Raises Refused as it does."""
    # A transaction, so that all reads are of one moment.
    read: Callable[[ClientSession], Outcome] = lambda session: _outcome(draft, file, terms, session)  # noqa: E731
    return transactions.run(read)


def _outcome(draft: Draft, file: File, terms: Terms, session: ClientSession) -> Outcome:
    platform, mission = draft.identity.platform, draft.identity.mission
    admission.require(platform, mission, session)
    if missions.is_simulated(platform, mission, session) not in (None, draft.simulated):
        raise Refused(*commit.SIMULATED_MISMATCH)
    if draft.scope == "profiles":
        return profile_merge.compared(draft, file, session, terms.may_replace).outcome
    if file.made_up:
        terms = replace(terms, shorter=True)
    stored = missions.document(platform, mission, session)
    if stored is None:
        return "stored"
    if commit.holds(stored, draft, file, terms):
        return "unchanged"
    commit.require_replaceable_by(draft, file, stored, terms)
    return "replaced"
