"""What a command's failure is called, where people can mend it."""

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.cli.opening import CannotError, harmless
from app.platform.embedded import EmbeddedServersError
from app.platform.errors import Problem
from app.platform.listening import PortTakenError
from app.platform.migrations import OldSchemaError
from app.platform.settings import SettingsError
from app.platform.signing import WeakSecretError


def explain(error: Exception) -> tuple[str, int] | None:
    """A plain line and the exit's number; None for a fault of ours, which deserves its traceback."""
    match error:
        case SettingsError() | PortTakenError():
            return str(error), 2
        case CannotError() | EmbeddedServersError() | OldSchemaError() | WeakSecretError():
            return str(error), 1
        case SQLAlchemyError() | RedisError() | OSError():
            return f"a server does not answer as it should: {str(error).splitlines()[0]}", 1
        case Problem():
            return harmless(error.detail or error.title), 1
    return None
