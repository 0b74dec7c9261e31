"""All writes. A file passes sources (parse), interpret (judge and compute), persist (store) and derive (rebuild).

Web workers import nothing from here. A claim of a file counts only as far as `interpret.quality_control` accepts it.
"""
