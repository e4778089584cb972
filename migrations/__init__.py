"""The store's schema as Alembic revisions; applied by mirror/store/schema.py when a store is behind."""
