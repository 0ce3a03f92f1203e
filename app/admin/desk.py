"""The desk's address book. Whoever is neither merchandiser nor owner gets no further than this."""

from fastapi import APIRouter, Depends

from app.admin import (
    changes_screens,
    dashboard,
    deal_screens,
    help_screens,
    import_screens,
    order_screens,
    photo_screens,
    queue_screens,
    records_screens,
    refund_screens,
    rescue_screens,
    shipping_screens,
    show_controls,
)
from app.identity import desk

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk)])

for screens in (
    dashboard,
    show_controls,
    rescue_screens,
    queue_screens,
    deal_screens,
    photo_screens,
    import_screens,
    records_screens,
    shipping_screens,  # its addresses before those that take an order's id
    order_screens,
    refund_screens,
    help_screens,
    changes_screens,
):
    router.include_router(screens.router)
