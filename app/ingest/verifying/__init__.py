"""`halocline verify`: all that derives from files is computed anew and compared with what is stored.

`units` says what is compared together, `missions`, `platforms` and `sums` compare, `comparing` says what counts as
equal, `repairing` has rebuilt what differs. Only `repairing` and the note of the result write.
"""
