"""Files from servers: every download is limited in time and size, and only then parsed."""
