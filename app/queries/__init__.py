"""All reads: one module for each kind of thing that a page or an endpoint shows. Nothing here writes.

Errors of pymongo pass through; `http/problems.py` converts them to `Unavailable`.
"""
