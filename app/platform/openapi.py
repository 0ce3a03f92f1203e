"""How routes describe their problems in OpenAPI."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from app.platform.errors import Problem


class ProblemDocument(BaseModel):
    """Problem details (RFC 9457). Some types have members of their own."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(examples=["/problems/sold-out"])
    title: str = Field(examples=["Sold out"])
    status: int = Field(examples=[409])
    detail: str | None = None


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        common = {"type": f"/problems/{kind.slug()}", "title": kind.title, "status": kind.status}
        response = responses.setdefault(
            kind.status,
            {
                "description": "",
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        response["description"] = "; ".join(filter(None, (response["description"], kind.title)))
        response["content"]["application/problem+json"]["examples"][kind.slug()] = {
            "value": common | kind.example
        }
    return responses


def describe_problems(app: FastAPI) -> None:
    """Put the problem schema into the document, and on every call what may happen to any of them."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = ProblemDocument.model_json_schema()
        document["components"]["securitySchemes"] = {
            "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            "token": {"type": "http", "scheme": "bearer"},
        }
        document["security"] = [{}, {"session": []}, {"token": []}]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for calls in document["paths"].values():
            for call in calls.values():
                _describe(call["responses"])
        return document

    app.openapi = described  # type: ignore[method-assign]


def _describe(responses: dict[str, Any]) -> None:
    """FastAPI documents its own shape for 422; ours is a problem, as every error is."""
    content = responses.get("422", {}).get("content", {})
    if "application/json" in content:
        content.pop("application/json")
        content.setdefault("application/problem+json", {"schema": {"$ref": "#/components/schemas/Problem"}})
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses.setdefault(
        "default",
        {"description": "Any other problem", "content": {"application/problem+json": problem}},
    )
