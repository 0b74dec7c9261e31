"""The only package that uses MongoDB: documents in, records out. One module a collection; no Flask, no cache.

Writers take the session of a transaction where one matters. pymongo's errors become `Unavailable` at the edge.
"""
