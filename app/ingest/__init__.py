"""All writes. A file passes formats (parse), interpret (judge, compute), persist (store) and derive (rebuild).

Web workers import nothing from here. Values and attributes of a file count only if `interpret.quality_control` accepts
them.
"""
