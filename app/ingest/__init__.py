"""All writes: a file goes through sources (read), checks (judge), assembly (compute) and the pipeline (store).

Nothing here is imported by web workers. What a file says is believed only as far as `checks` allows.
"""
