"""Files that lie on a server. What comes from there is bounded in time and size before anybody reads it."""
