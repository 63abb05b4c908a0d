"""What can be wrong with the file, each with the command that helps."""

from digests.errors import SvodkaError


class DatabaseError(SvodkaError):
    code = "error.database"


class NewerSchemaError(DatabaseError):
    """The file was written by a newer Svodka; it is left untouched."""

    code = "error.newer_schema"


class DamagedDatabaseError(DatabaseError):
    """The file is no sound SQLite database; it is left untouched. `backup` is the newest one."""

    code = "error.damaged_database"


class ForeignDatabaseError(DatabaseError):
    """The file belongs to another program; it is left untouched."""

    code = "error.foreign_database"


class UnusableDatabaseError(DatabaseError):
    """The file cannot be opened or written."""

    code = "error.unusable_database"


class OldSqliteError(DatabaseError):
    code = "error.old_sqlite"


class DatabaseInUseError(DatabaseError):
    """Another bot holds the file's lock."""

    code = "error.database_in_use"


class DiskFullError(DatabaseError):
    """There is no room to write; nothing of the transaction was kept."""

    code = "error.disk_full"


class BusyDatabaseError(DatabaseError):
    """Another process held the file for longer than we wait."""

    code = "error.database"


class NoSuchBackupError(DatabaseError):
    code = "error.no_such_backup"


class DamagedBackupError(DatabaseError):
    code = "error.damaged_backup"


class BackupInterruptedError(DatabaseError):
    """The bot stops before the backup is done; nothing is left of it."""

    code = "error.backup_interrupted"


class UnknownFormatError(SvodkaError):
    """A file to import that is of no program we know, or broken."""

    code = "error.unknown_format"
