"""A database without rows."""

from sqlalchemy.ext.asyncio import AsyncConnection

import app.inventory.desk
import app.main  # noqa: F401 - both bring every room's tables
from app.platform.database import metadata

# As TRUNCATE does it, who still works in the tables is waited for. TRUNCATE itself makes new files for each table and
# index: after a thousand tests PostgreSQL has to sync thousands of them before it is back from a crash.
_EMPTY = """
DO $$ DECLARE
    name text;
BEGIN
    EXECUTE 'LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE';
    FOREACH name IN ARRAY string_to_array('{names}', ', ') LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""


async def empty(connection: AsyncConnection) -> None:
    """Take every row out of every table, and begin to count from 1 again."""
    names = ", ".join(table.name for table in reversed(metadata.sorted_tables))
    await connection.exec_driver_sql(_EMPTY.format(names=names))
