"""The documents of a new version, written before the version becomes current: no reader sees them yet."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
from pymongo.client_session import ClientSession

from app.ingest.interpret.mission_draft import Draft
from app.ingest.persist.mapping import File, profile_documents, sample_documents
from app.store import missions, profiles, samples, transactions, versions

# Far less than the ten minutes after which a sweep regards an announced version as abandoned.
ANNOUNCED_FOR = timedelta(minutes=1)
# The size of a batch: a few megabytes of samples, so that memory stays constant, and no more profiles than a command
# can write within its deadline on a slow disk.
_BATCH_BYTES = 4 << 20
_BATCH_PROFILES = 1_000


def write(draft: Draft, file: File) -> None:
    """Write all documents of the draft's version.

    Stops when another importer of the same file has made it current: later profiles may already have joined it.
    """
    key = (draft.identity.platform, draft.identity.mission, draft.version)
    announced_at = datetime.now(UTC)
    has_leftovers = versions.begin(*key, at=announced_at)
    sample_ids: list[str] = []
    # While MongoDB stores a batch, the next one is computed: at most two are in memory.
    with ThreadPoolExecutor(1) as executor:
        storing: Future[None] | None = None
        for first, last in _batches(draft):
            batch = list(sample_documents(draft, draft.version, first, last))
            if storing is not None:
                storing.result()
            if has_leftovers and missions.is_current(*key):
                return
            if (now := datetime.now(UTC)) - announced_at > ANNOUNCED_FOR:
                announced_at = now
                versions.touch(*key, at=now)
            storing = executor.submit(samples.put, batch, afresh=not has_leftovers)
            sample_ids += [doc["_id"] for doc in batch]
        of_profiles = profile_documents(draft, draft.version, file)
        if storing is not None:
            storing.result()
    if not has_leftovers:
        profiles.put(of_profiles, afresh=True)
        return

    def replace_leftovers(session: ClientSession) -> None:
        # First: if this process is killed, `versions.begin` of the next run waits for the end of this transaction.
        versions.touch(*key, at=datetime.now(UTC), session=session)
        # Checked in the transaction that removes: profiles that join the version later are not in its snapshot.
        if not missions.is_current(*key, session):
            profiles.put(of_profiles, afresh=False, session=session)
            profiles.remove_others(*key, ids=[doc["_id"] for doc in of_profiles], session=session)
            samples.remove_others(*key, ids=sample_ids, session=session)

    transactions.run(replace_leftovers)


def _batches(draft: Draft) -> Iterator[tuple[int, int]]:
    """The first profile of each batch and the one after its last; -1 stands for the samples outside profiles."""
    batch_rows = max(_BATCH_BYTES // draft.row_bytes, 1)
    count, first = len(draft.parts), -1
    while first < count:
        # `offsets` begins with the rows outside profiles.
        full = int(np.searchsorted(draft.offsets, draft.offsets[first + 1] + batch_rows, side="right")) - 2
        last = min(max(full, first + 1), first + _BATCH_PROFILES, count)
        yield first, last
        first = last
