"""`halocline verify`: recompute everything that derives from imported files and compare it with the store.

`missions`, `platforms`, `sections` and `totals` compare, `comparison` defines equality, `repair` queues rebuilds.
Only `repair` and the recorded result write.
"""
