"""The commands `halocline ingest`, `halocline erddap` and `halocline verify`: their output and exit status."""
