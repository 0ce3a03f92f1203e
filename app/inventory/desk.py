"""What merchandisers do with the queue and look up about the show: the room's other face, for the desk.

A shop that opens does without it for a moment, see docs/decisions/0027.
"""

from app.inventory.asking import clock_of, engine_of, showrunner_of
from app.inventory.board import Board, Waiting, read_board
from app.inventory.changes import (
    COMMAND_LINE,
    Who,
    by_person,
    change_document,
    last_move_since,
    list_changes,
    read_change,
)
from app.inventory.dashboard.board import read_dashboard, read_dashboard_and_show, read_deal_curve
from app.inventory.dashboard.documents import CurveDocument, DashboardDocument
from app.inventory.dashboard.routes import past_deals_of
from app.inventory.deal import MAX_PRICE, DealEdit, NewDeal, desk_document
from app.inventory.desk_routes import desk_router
from app.inventory.editing import (
    OPEN_WHILE_LIVE,
    DealChanged,
    DealIsLive,
    DealIsOver,
    add_deal,
    duplicate_deal,
    edit_deal,
    known_deal,
    units_sold,
    withdraw_deal,
)
from app.inventory.help.cost import DealHelp, HelpSum, add_up
from app.inventory.help.documents import Decision
from app.inventory.help.graph import FEWEST, HelperCounts
from app.inventory.help.reading import (
    LOOKED_BACK,
    NamedGraph,
    page_of_helps,
    read_deal_help,
    read_deal_helps,
    read_graph,
)
from app.inventory.help.reviews import (
    OwnReward,
    Review,
    RewardDecided,
    count_reviews,
    decide_review,
    read_reviews,
)
from app.inventory.imports import (
    COLUMNS,
    MAX_FILE_BYTES,
    WHAT_IS_WRONG,
    Asked,
    Bad,
    BusyError,
    Good,
    Parsed,
    Wrong,
)
from app.inventory.imports.checked_files import CheckedFile, check_file, mend_row, queue_checked, read_checked
from app.inventory.imports.documents import import_facts
from app.inventory.imports.loading import Loaded, Queued, load_file
from app.inventory.imports.sale_dates import read_moment
from app.inventory.ordering import Step, Target
from app.inventory.orders.documents import NewRefund
from app.inventory.orders.finding import OrderOf, OrdersFound, look_for_orders, order_key
from app.inventory.orders.parcels import NotAParcel, Parcel, read_parcel
from app.inventory.orders.refunding import RefundMoved, refund_order
from app.inventory.orders.routes import settlement_of, site_words
from app.inventory.orders.shipping import FileMarked, Marked, ship_by_file, ship_orders
from app.inventory.orders.story import StoryAtDesk, read_story_at_desk
from app.inventory.orders.tracking_file import MAX_FILE_BYTES as MAX_TRACKING_BYTES
from app.inventory.orders.tracking_file import read_tracking_file
from app.inventory.orders.writing_again import JustSent, NothingToSend, send_again
from app.inventory.photos.asking import GivenPhoto
from app.inventory.photos.changes import DealPhoto, NoPhotoYet, read_deal_photo
from app.inventory.photos.errands import read_wanted
from app.inventory.photos.giving import give_description, give_photo
from app.inventory.photos.keeping import MAX_ALT, NotAPhotoError, photo_document, photo_thumbnail
from app.inventory.queue import list_deals, queue_version
from app.inventory.records.documents import MAX_ID, SoughtRecords, record_document
from app.inventory.records.export import records_csv
from app.inventory.records.past import read_curves_of, read_record, read_records, read_refusals_of
from app.inventory.records.patterns import Group, Pattern, find_patterns
from app.inventory.records.record import Record, choose_records, page_of_records
from app.inventory.reordering import QueueMoved, move_deal, reorder_queue
from app.inventory.rescue import NoRescue
from app.inventory.reward_steps import SUCH_AS, read_steps, write_steps
from app.inventory.show import NotLive
from app.inventory.standing import show_document
from app.inventory.story import story_html
from app.inventory.undoing import CannotUndo, undo_change

__all__ = [
    "COLUMNS",
    "COMMAND_LINE",
    "FEWEST",
    "LOOKED_BACK",
    "MAX_ALT",
    "MAX_FILE_BYTES",
    "MAX_ID",
    "MAX_PRICE",
    "MAX_TRACKING_BYTES",
    "OPEN_WHILE_LIVE",
    "SUCH_AS",
    "WHAT_IS_WRONG",
    "Asked",
    "Bad",
    "Board",
    "BusyError",
    "CannotUndo",
    "CheckedFile",
    "CurveDocument",
    "DashboardDocument",
    "DealChanged",
    "DealEdit",
    "DealHelp",
    "DealIsLive",
    "DealIsOver",
    "DealPhoto",
    "Decision",
    "FileMarked",
    "GivenPhoto",
    "Good",
    "Group",
    "HelpSum",
    "HelperCounts",
    "JustSent",
    "Loaded",
    "Marked",
    "NamedGraph",
    "NewDeal",
    "NewRefund",
    "NoPhotoYet",
    "NoRescue",
    "NotAParcel",
    "NotAPhotoError",
    "NotLive",
    "NothingToSend",
    "OrderOf",
    "OrdersFound",
    "OwnReward",
    "Parcel",
    "Parsed",
    "Pattern",
    "QueueMoved",
    "Queued",
    "Record",
    "RefundMoved",
    "Review",
    "RewardDecided",
    "SoughtRecords",
    "Step",
    "StoryAtDesk",
    "Target",
    "Waiting",
    "Who",
    "Wrong",
    "add_deal",
    "add_up",
    "by_person",
    "change_document",
    "check_file",
    "choose_records",
    "clock_of",
    "count_reviews",
    "decide_review",
    "desk_document",
    "desk_router",
    "duplicate_deal",
    "edit_deal",
    "engine_of",
    "find_patterns",
    "give_description",
    "give_photo",
    "import_facts",
    "known_deal",
    "last_move_since",
    "list_changes",
    "list_deals",
    "load_file",
    "look_for_orders",
    "mend_row",
    "move_deal",
    "order_key",
    "page_of_helps",
    "page_of_records",
    "past_deals_of",
    "photo_document",
    "photo_thumbnail",
    "queue_checked",
    "queue_version",
    "read_board",
    "read_change",
    "read_checked",
    "read_curves_of",
    "read_dashboard",
    "read_dashboard_and_show",
    "read_deal_curve",
    "read_deal_help",
    "read_deal_helps",
    "read_deal_photo",
    "read_graph",
    "read_moment",
    "read_parcel",
    "read_record",
    "read_records",
    "read_refusals_of",
    "read_reviews",
    "read_steps",
    "read_story_at_desk",
    "read_tracking_file",
    "read_wanted",
    "record_document",
    "records_csv",
    "refund_order",
    "reorder_queue",
    "send_again",
    "settlement_of",
    "ship_by_file",
    "ship_orders",
    "show_document",
    "showrunner_of",
    "site_words",
    "story_html",
    "undo_change",
    "units_sold",
    "withdraw_deal",
    "write_steps",
]
