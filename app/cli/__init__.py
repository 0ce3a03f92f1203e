"""The command line: `breadmaker` runs the shop, its subcommands do the rest. Exit 0 fine, 1 no, 2 misused."""

import gc
import os
import sys

__all__ = ["main"]

COMPLETES = "_BREADMAKER_COMPLETE"  # a shell asks for the words that would fit


def main() -> None:
    """Load the command that was asked for and run it, and turn what people can mend into a plain line.

    Loading a thousand modules makes nothing that could be collected, so the collector waits, and never looks at them
    again: a sixth of the start, and shorter pauses while serving. Nor does pydantic look through every package of the
    environment for plugins, of which the shop has none.
    """
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if sys.argv[1:2] in ([], ["up"]) and COMPLETES not in os.environ:
        from app.platform.light_loading import load_lightly

        load_lightly()
        from app.cli.up import app
    else:
        from app.cli.commands import app
    try:
        app()
    except Exception as error:
        from app.cli.explaining import explain

        known = explain(error)
        if known is None:
            raise
        words, code = known
        sys.stderr.write(f"breadmaker: {words}\n")
        sys.exit(code)
