"""MongoDB, and only here: documents in, records out. One module a collection; knows nothing of Flask or of caches.

Writers take the session of a transaction where one matters. pymongo's errors leave as `Unavailable` at the edge.
"""
