"""Some libraries load more than a shop that opens has use for. Told so first, they leave it."""

import sys
from importlib import import_module
from types import ModuleType

from pydantic import BaseModel

UNUSED = (
    "pydantic.v1",  # FastAPI looks whether a model is still one of those; without it, none is
    "rich",  # structlog would colour tracebacks with it, which the log does not do
    "valkey",  # a client that the limits could count with; they have the shop's own
)
ADDRESSES = "email_validator"
ENGINES = "sqlalchemy.ext.asyncio"
SESSIONS = (f"{ENGINES}.session", f"{ENGINES}.scoping")


def load_lightly() -> None:
    """Call it before they are loaded. Without it everything works the same, only later.

    `UNUSED` can not be loaded in this process any more, for whoever looks for one of them takes it to be missing.
    """
    # A model is made ready for use when it is first used. There are some 150, FastAPI's own for OpenAPI among them.
    BaseModel.model_config["defer_build"] = True
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    _load_framework_without_addresses()
    _load_engines_without_sessions()


def _load_framework_without_addresses() -> None:
    """FastAPI wants to check the address of an API's contact, for which it finds a text enough if need be."""
    if "fastapi" in sys.modules or ADDRESSES in sys.modules:
        return
    sys.modules[ADDRESSES] = None  # type: ignore[assignment]
    try:
        import_module("fastapi")
    finally:
        del sys.modules[ADDRESSES]


def _load_engines_without_sessions() -> None:
    """SQLAlchemy's sessions stand beside its engines and bring the whole ORM, which the shop has no use for."""
    if ENGINES in sys.modules:
        return
    for name in SESSIONS:
        sys.modules[name] = _Nothing(name)
    try:
        engines = import_module(ENGINES)
    finally:
        for name in SESSIONS:
            del sys.modules[name]
    left_out = {name for name, found in vars(engines).items() if found is None and not name.startswith("_")}
    for name in left_out:
        delattr(engines, name)

    def load_sessions(name: str) -> object:
        """Whoever does want one gets it."""
        if name not in left_out:
            raise AttributeError(f"module {ENGINES!r} has no attribute {name!r}")
        return next(getattr(module, name) for module in map(import_module, SESSIONS) if hasattr(module, name))

    vars(engines)["__getattr__"] = load_sessions


class _Nothing(ModuleType):
    """Has whatever it is asked for, and it is None."""

    def __getattr__(self, name: str) -> None:
        return None
