"""Recommendations over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import JSONResponse, Response

from app.identity import Asking, LimitedRoute, SignInRequired
from app.platform.clock import rfc3339
from app.platform.errors import Invalid, NotFound, SlowDown, Unavailable
from app.platform.openapi import problems
from app.sharing.advice import clean_advice
from app.sharing.browser import sharing_of
from app.sharing.friend_asking import recommend_live, url_of_link
from app.sharing.friend_recommendations import Recommended, recommended_to, stop_recommending
from app.sharing.friend_routes import OWN
from app.sharing.routes import MAX_ID, NotOnStage
from app.stream import stream_of

router = APIRouter(tags=["sharing"], route_class=LimitedRoute)

MOST = 20  # friends who recommend one deal
DealId = Annotated[int, Path(ge=1, le=MAX_ID)]


class NewRecommendation(BaseModel):
    """What to tell one's friends: the live deal, and a sentence or two (at most 200 characters)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"deal_id": 37, "advice": "Mine runs every day."}]}
    )

    deal_id: Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
    advice: Annotated[str, AfterValidator(clean_advice)] = ""


class OwnRecommendation(BaseModel):
    """What one's friends see. `url` is one's own link: what it sells is put down to oneself."""

    deal_id: int = Field(examples=[37])
    advice: str = Field(examples=["Mine runs every day."])
    url: str = Field(examples=["https://shop.example/h/k7Wq3mZx9P"])
    at: str = Field(examples=["2026-11-22T18:00:00.000Z"])


class FriendsRecommendation(OwnRecommendation):
    """What a friend recommends. `friend` is their entry's id on one's friends list."""

    friend: str = Field(examples=["yG0vY2k9s1bX3QwZ"])
    name: str = Field(examples=["Bea"])


class RecommendationList(BaseModel):
    """What friends say of the live deal, the newest first: the last twenty."""

    items: list[FriendsRecommendation]
    next: None = None


@router.get(
    "/recommendations",
    operation_id="list_recommendations",
    response_model=RecommendationList,
    responses=problems(SignInRequired),
)
async def list_recommendations(request: Request, asking: Asking) -> Response:
    """What one's friends recommend of what is live. Friends who are muted are not heard."""
    present = stream_of(request).hub.present
    deal = present["deal"] if present else None
    found: list[Recommended] = []
    if deal is not None:
        async with sharing_of(request).engine.connect() as connection:
            found = await recommended_to(connection, asking.shopper_id, deal["id"], most=MOST)
    items = [
        _document(request, one.deal_id, one.advice, one.link, one.at)
        | {"friend": one.friendship, "name": one.name}
        for one in found
    ]
    return JSONResponse({"items": items, "next": None}, headers=OWN)


@router.post(
    "/recommendations",
    operation_id="recommend",
    status_code=201,
    response_model=OwnRecommendation,
    responses=problems(SignInRequired, NotOnStage, Invalid, SlowDown, Unavailable),
)
async def recommend(wish: NewRecommendation, request: Request, asking: Asking) -> Response:
    """Have one's friends see the live deal, by one's own link. Once more changes the advice."""
    kept = Response()
    said = await recommend_live(request, kept, asking, wish.deal_id, wish.advice)
    answer = JSONResponse(_document(request, said.deal_id, said.advice, said.link, said.at), 201, headers=OWN)
    answer.raw_headers.extend(field for field in kept.raw_headers if field[0] == b"set-cookie")
    return answer


@router.delete(
    "/recommendations/{deal_id}",
    status_code=204,
    operation_id="stop_recommending",
    responses=problems(SignInRequired, NotFound),
)
async def take_back(deal_id: DealId, request: Request, asking: Asking) -> None:
    """Take it back."""
    async with sharing_of(request).engine.begin() as connection:
        if not await stop_recommending(connection, asking.shopper_id, deal_id):
            raise NotFound("You do not recommend that.")


def _document(request: Request, deal_id: int, advice: str, code: str, at: datetime) -> dict[str, Any]:
    return {"deal_id": deal_id, "advice": advice, "url": url_of_link(request, code), "at": rfc3339(at)}
