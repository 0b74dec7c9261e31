"""The portal on one machine without Docker, databases or root: real servers from wheels, kept in one folder.

For trying out and for tests; `mongod` and Valkey are children of whoever starts them. Production never imports this.
"""
