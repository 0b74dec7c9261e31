"""All reads: one module for each thing that a page or an endpoint shows. Readers never write.

pymongo's errors leave here as they are; `http/problems.py` turns them into `Unavailable`.
"""
