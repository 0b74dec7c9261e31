"""Documents that derive from stored missions: tracks, sections, totals, the search index. Rebuilt after a change."""
