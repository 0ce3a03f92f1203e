"""Two libraries do more while they are loaded than a shop that opens has use for. Told so first, they leave it."""

import sys

from pydantic import BaseModel


def load_lightly() -> None:
    """Call it before they are loaded. Without it everything works the same, only later."""
    # A model is made ready for use when it is first used. There are some 150, FastAPI's own for OpenAPI among them.
    BaseModel.model_config["defer_build"] = True
    # structlog looks for it to colour tracebacks, which the log does not do; it brings eighty modules.
    sys.modules["rich"] = None  # type: ignore[assignment]
