"""The page cache: rendered responses in the worker's memory, shared through Redis, invalidated by the change log.

It fails open: without Redis or the change log, requests reach Flask as if there were no cache. It imports no
store and no view.
"""
