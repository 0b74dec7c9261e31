"""Backup and restore: `creation` writes parts and a manifest to a target, `restoration` reads them back.

`targets` is a folder or an S3 bucket. All use of MongoDB is in `app.store`.
"""
