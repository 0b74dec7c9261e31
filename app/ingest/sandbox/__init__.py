"""The reader process: damaged files are parsed in a child process with a deadline and a memory limit (ADR 7)."""
