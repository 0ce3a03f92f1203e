"""A room's website: its templates and static files, on top of those that every room shares."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.platform.comments import without_comments
from app.platform.compiled_templates import CompiledTemplates
from app.platform.errors import NotFound
from app.platform.settings import settings_of

SHARED = Path(__file__).parent
BUNDLE = "css/bundle/"


class Site:
    """What a room's pages are made of.

    `folder` holds the room's `templates/` and `static/`; a name that is not there is looked for among the shared
    ones. `address` is where its static files are served.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self.folders = [folder / "static", SHARED / "static"]
        self._stylesheets = {file.stem: file for file in self._files("css/*.css")}
        self._modules = {f"js/{file.name}": file for file in self._files("js/*.js")}
        # Modules that import one another by a relative path stay below it.
        self.release = f"{address}/{_digest(self.folders)}"
        self.templates = Environment(
            loader=FileSystemLoader([folder / "templates", SHARED / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.bytecode_cache = CompiledTemplates(folder / "templates", self.templates)

    def serve(self, app: FastAPI | APIRouter) -> None:
        """Have `app` serve the static files."""
        app.mount(self.release, StaticAssets(self, for_ever=True))
        app.mount(self.address, StaticAssets(self, for_ever=False))

    def render(self, request: Request, template: str, **context: object) -> str:
        """`template` with what it takes and what every page is given."""
        settings = settings_of(request)
        return self.templates.get_template(template).render(
            shop_name=settings.shop_name,
            event_name=settings.event_name,
            asset=self.asset,
            stylesheet=self.stylesheet,
            has_vendored=self.has_vendored,
            **context,
        )

    def asset(self, path: str) -> str:
        """The address of a static file."""
        return f"{self.release}/{path}"

    def stylesheet(self, *names: str) -> str:
        """The address of several stylesheets in one."""
        return f"{self.release}/{BUNDLE}{'+'.join(names)}.css"

    def has_vendored(self, name: str) -> bool:
        """Whether the set-up could fetch this file of a browser package; pages do without it else."""
        return any((folder / "vendor" / name).exists() for folder in self.folders)

    def module(self, path: str) -> str | None:
        """A script of ours, without what only those who write it read; None where `path` is none."""
        file = self._modules.get(path)
        return None if file is None else _without_comments(file)

    def bundle(self, names: tuple[str, ...]) -> str:
        """The named stylesheets, each once, in the order that was asked for. Raises NotFound."""
        if len(names) != len(set(names)) or not all(name in self._stylesheets for name in names):
            raise NotFound
        return "\n".join(_without_comments(self._stylesheets[name]) for name in names)

    def _files(self, pattern: str) -> Iterable[Path]:
        """The room's own come last, and so stand before those that are shared."""
        return (file for static in reversed(self.folders) for file in static.glob(pattern))


class StaticAssets(StaticFiles):
    """Static files. Those below a site's release may be kept for ever: their address changes when any of them does.

    `css/bundle/base+layout.css` is base.css and layout.css in one answer: a stylesheet a visible thing for those who
    write them, one request for those who read the page.
    """

    def __init__(self, site: Site, *, for_ever: bool) -> None:
        super().__init__(directory=site.folders[0])
        self.all_directories = list(site.folders)
        self._site = site
        self._for_ever = for_ever
        self._cache_control = "public, max-age=31536000, immutable" if for_ever else "no-cache"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, a bundle of stylesheets, or what is left of a script without its comments."""
        if path.startswith(BUNDLE):
            text = self._site.bundle(tuple(path.removeprefix(BUNDLE).removesuffix(".css").split("+")))
            return self._kept(text, "text/css")
        if self._for_ever and (module := self._site.module(path)) is not None:
            return self._kept(module, "text/javascript")
        return await super().get_response(path, scope)

    def _kept(self, text: str, media_type: str) -> Response:
        return Response(text, headers={"Cache-Control": self._cache_control}, media_type=media_type)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As Starlette has it, with our Cache-Control."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = self._cache_control
        return response


@cache
def _without_comments(file: Path) -> str:
    """Read when it is asked for: a shop that opens does not wait for the scripts of all its pages."""
    return without_comments(file.read_text())


def _digest(folders: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
