"""What Billhook keeps: tables, transactions, items, journal, numbers, archive, and the workspace that holds it all."""

from billhook.store.archive import Archive, ArchiveError
from billhook.store.database import Busy, Database, DatabaseError, NewerDatabase, NotMigrated, StoreError
from billhook.store.workspace import ConfigError, NoWorkspace, Workspace, find_workspace

__all__ = [
    "Archive",
    "ArchiveError",
    "Busy",
    "ConfigError",
    "Database",
    "DatabaseError",
    "NewerDatabase",
    "NoWorkspace",
    "NotMigrated",
    "StoreError",
    "Workspace",
    "find_workspace",
]
