"""What surrounds a request: counting, headers, limits, faults, conditional answers, problems and health.

Part of the floor: imports nothing of views, queries or store. `layers` puts the parts around an app in order.
"""
