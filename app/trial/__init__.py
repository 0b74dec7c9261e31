"""The portal on one machine without Docker, databases or root, and made-up data to try it out and measure it with.

`mongod` and Valkey come from wheels and are children of whoever starts them. Production never imports this.
"""
