"""FastAPI doing nothing: no database, no session, no body. `uvicorn --factory bench.hello:create_app`."""

from fastapi import APIRouter, FastAPI

router = APIRouter()


def create_app() -> FastAPI:
    """The app."""
    app = FastAPI()
    app.include_router(router)
    return app


@router.get("/")
async def hello() -> dict[str, str]:
    """Say hello."""
    return {"message": "hello"}
