"""The commands `halocline ingest`, `erddap`, `verify`, `backup` and `restore`: their output and exit status."""
