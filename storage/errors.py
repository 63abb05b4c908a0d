"""What can be wrong with the file, each with the command that helps."""

from digests.errors import SvodkaError


class DatabaseError(SvodkaError):
    code = "error.database"


class NewerSchemaError(DatabaseError):
    """The file was written by a newer Svodka; it is left untouched."""

    code = "error.newer_schema"


class DamagedDatabaseError(DatabaseError):
    """The file is no sound SQLite database; it is left untouched."""

    code = "error.damaged_database"


class ForeignDatabaseError(DatabaseError):
    """The file belongs to another program; it is left untouched."""

    code = "error.foreign_database"


class UnusableDatabaseError(DatabaseError):
    """The file cannot be opened or written."""

    code = "error.unusable_database"


class OldSqliteError(DatabaseError):
    code = "error.old_sqlite"
