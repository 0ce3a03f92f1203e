"""The desk's addresses under /api/v1/staff. Whoever is neither merchandiser nor owner gets no further than this."""

from fastapi import APIRouter, Depends

from app.identity import NotAllowed, SignInRequired, desk
from app.inventory import changes_routes, deal_routes, queue_routes, show_routes
from app.inventory.dashboard import routes as dashboard_routes
from app.inventory.help import routes as help_routes
from app.inventory.imports import routes as import_routes
from app.inventory.orders import routes as order_routes
from app.inventory.photos import routes as photo_routes
from app.inventory.records import routes as records_routes
from app.platform.errors import Invalid
from app.platform.openapi import problems

desk_router = APIRouter(
    prefix="/staff",
    tags=["desk"],
    dependencies=[Depends(desk)],
    responses=problems(SignInRequired, NotAllowed, Invalid),
)

for routes in (
    deal_routes,
    queue_routes,
    photo_routes,
    import_routes,
    show_routes,
    dashboard_routes,
    records_routes,
    order_routes,
    help_routes,
    changes_routes,
):
    desk_router.include_router(routes.router)
