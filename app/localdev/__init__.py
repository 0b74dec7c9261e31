"""The portal on one machine without Docker, databases or root: mongod and Valkey from wheels, `make up` and `make dev`.

The servers are children of the process that starts them. Production never imports this package.
"""
