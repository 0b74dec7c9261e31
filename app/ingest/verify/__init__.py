"""`halocline verify`: recompute everything that derives from imported files and compare it with what is stored.

`missions`, `platforms`, `sections` and `totals` compare, `comparison` defines equality, `repair` queues rebuilds.
Only `repair` and the recorded result write.
"""
