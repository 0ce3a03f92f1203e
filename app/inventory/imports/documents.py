"""The shape of an import on the wire."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.inventory.imports import Good
from app.inventory.imports.loading import Loaded
from app.payments import Money
from app.platform.clock import rfc3339


class ImportProblem(BaseModel):
    """One thing that is wrong, and what would be right."""

    line: int = Field(examples=[99])
    field: str = Field(examples=["quantity"])
    message: str = Field(examples=["not a whole number, such as 40"])


class ImportedDeal(BaseModel):
    """A row that was queued, or in a dry run would be; `id` is the deal's, null in a dry run."""

    model_config = ConfigDict(extra="allow")

    line: int
    id: int | None
    title: str


class RowBefore(BaseModel):
    """A row that had been queued before, and as which deal."""

    line: int
    title: str
    deal_id: int


class ImportDocument(BaseModel):
    """What a file came to. `rows` counts the rows behind the header, `good` those that make a deal; of these `already`
    lists the ones that had been queued before, which are not in `deals`."""

    model_config = ConfigDict(title="Import")

    format: str = Field(examples=["shopify"])
    rows: int
    good: int
    problems: list[ImportProblem]
    deals: list[ImportedDeal]
    already: list[RowBefore]


def import_facts(loaded: Loaded, currency: str) -> dict[str, Any]:
    """An import as ImportDocument has it. `currency` is the shop's."""
    parsed, queued = loaded.parsed, loaded.queued
    ids: list[int] | list[None] = queued.ids or [None] * len(queued.rows)
    return {
        "format": parsed.format,
        "rows": parsed.rows,
        "good": len(parsed.good),
        "problems": [{"line": p.line, "field": p.field, "message": p.message} for p in parsed.wrong],
        "deals": [_deal(row, deal_id, currency) for row, deal_id in zip(queued.rows, ids, strict=True)],
        "already": [
            {"line": row.line, "title": row.deal.title, "deal_id": deal_id} for row, deal_id in queued.already
        ],
    }


def import_document(loaded: Loaded, currency: str) -> bytes:
    """The same as JSON; thousands of deals take a moment, so a thread is the place for it."""
    return json.dumps(import_facts(loaded, currency), ensure_ascii=False, separators=(",", ":")).encode()


def _deal(row: Good, deal_id: int | None, currency: str) -> dict[str, Any]:
    deal = row.deal
    code = deal.currency or currency
    return {
        "line": row.line,
        "id": deal_id,
        "title": deal.title,
        "tagline": deal.tagline,
        "price": Money(deal.price, code).document(),
        "list_price": None if deal.list_price is None else Money(deal.list_price, code).document(),
        "quantity": deal.quantity,
        "limit": deal.limit,
        "category": deal.category,
        "not_before": None if deal.not_before is None else rfc3339(deal.not_before),
        "photo": row.photo or None,
    }
