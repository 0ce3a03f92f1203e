"""Loading the queue from a file."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.desk import Loaded, list_deals, load_file, read_wanted
from app.inventory.imports import MAX_FILE_BYTES
from app.inventory.photos.keeping import MAX_BYTES
from app.inventory.queue import show_row
from app.inventory.tables import deals, photos
from app.platform.clock import Clock
from tests.factories.imports import asked
from tests.factories.inventory import picture

HEADER = "title,price,quantity,photo\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A merchandiser's folder, with a picture and what is none."""
    (tmp_path / "loaf.jpg").write_bytes(picture())
    (tmp_path / "page.jpg").write_bytes(b"<html>")
    (tmp_path / "folder.jpg").mkdir()
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(picture())
    (tmp_path / "link.jpg").symlink_to(outside / "secret.jpg")
    (tmp_path / "out").symlink_to(outside)
    return tmp_path


@pytest.fixture
def load(engine: AsyncEngine, clock: Clock, folder: Path) -> "Loader":
    """Loads a CSV that lies in the folder."""
    return Loader(engine, clock, folder)


class Loader:
    def __init__(self, engine: AsyncEngine, clock: Clock, folder: Path) -> None:
        self.engine, self.clock, self.folder = engine, clock, folder

    async def __call__(self, text: str, *, dry_run: bool = False, again: bool = False) -> Loaded:
        path = self.folder / "queue.csv"
        path.write_text(text)
        return await load_file(self.engine, path, asked(), clock=self.clock, dry_run=dry_run, again=again)

    async def kept(self) -> tuple[int, int]:
        """How many deals and photos there are."""
        async with self.engine.connect() as connection:
            found = [
                (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                for table in (deals, photos)
            ]
        return found[0], found[1]


async def test_good_rows_are_queued_in_their_order_with_their_photos(load: Loader) -> None:
    loaded = await load(f"{HEADER}A,1.00,1,loaf.jpg\nB,2.00,2,\nC,3.00,3,loaf.jpg\n")
    assert (loaded.parsed.rows, loaded.parsed.wrong, len(loaded.parsed.good)) == (3, [], 3)
    async with load.engine.connect() as connection:
        page = await list_deals(connection, "queued", None, 10)
    assert [row.id for row in page.rows] == loaded.queued.ids
    assert [(row.title, row.price, row.quantity) for row in page.rows] == [
        ("A", 100, 1),
        ("B", 200, 2),
        ("C", 300, 3),
    ]
    assert page.rows[0].photo is not None
    assert page.rows[2].photo not in (None, page.rows[0].photo)  # one picture, and an address for each deal
    assert page.rows[1].photo is None
    assert await load.kept() == (3, 2)


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        ("nowhere.jpg", "cannot be read: No such file or directory"),
        ("folder.jpg", "is not a file"),
        ("/dev/zero", "must lie in the folder of the file, or below it"),
        ("page.jpg", "is a web page, not a JPEG, PNG, WebP or AVIF"),
        ("ftp://example.com/loaf.jpg", "must be a file beside this one, or an https address"),
        ("../loaf.jpg", "cannot be read: No such file or directory"),
        ("out/secret.jpg", "must lie in the folder of the file, or below it"),
        ("link.jpg", "must lie in the folder of the file, or below it"),
        ("x" * 300, "cannot be read: File name too long"),
    ],
)
async def test_a_photo_that_cannot_be_used_is_a_problem_of_its_row(
    load: Loader, photo: str, words: str
) -> None:
    loaded = await load(f"{HEADER}A,1.00,1,loaf.jpg\nB,2.00,2,{photo}\n")
    assert [(problem.line, problem.field, problem.message) for problem in loaded.parsed.wrong] == [
        (3, "photo", words)
    ]
    assert [row.deal.title for row in loaded.parsed.good] == ["A"]
    assert len(loaded.queued.ids) == 1
    assert await load.kept() == (1, 1)


async def test_a_photo_larger_than_we_take_is_not_even_read(load: Loader) -> None:
    with (load.folder / "huge.jpg").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (problem,) = (await load(f"{HEADER}A,1.00,1,huge.jpg\n")).parsed.wrong
    assert problem.message == "is larger than 20 MiB"


async def test_the_good_rows_are_queued_and_the_others_told(load: Loader) -> None:
    text = f"{HEADER}A,1.00,1,\nB,free,2,\nC,3.00,3,nowhere.jpg\nD,4.00,4,nowhere.jpg\nE,5.00,5,loaf.jpg\n"
    loaded = await load(text)
    assert [(problem.line, problem.field) for problem in loaded.parsed.wrong] == [
        (3, "price"),
        (4, "photo"),
        (5, "photo"),
    ]
    assert [row.deal.title for row in loaded.parsed.good] == ["A", "E"]
    assert (len(loaded.queued.ids), await load.kept()) == (2, (2, 1))
    (load.folder / "nowhere.jpg").write_bytes(picture())
    loaded = await load(text)
    assert [row.deal.title for row in loaded.queued.rows] == ["C", "D"], "the others were queued before"
    assert [deal_id for _, deal_id in loaded.queued.already] == [1, 2]
    assert len((await load(text, again=True)).queued.ids) == 4


async def test_a_deal_that_was_withdrawn_may_be_queued_again(load: Loader) -> None:
    await load(f"{HEADER}A,1.00,1,\n")
    async with load.engine.begin() as connection:
        await connection.execute(update(deals).values(state="withdrawn"))
    assert len((await load(f"{HEADER}A,1.00,1,\n")).queued.ids) == 1


async def test_a_photo_by_its_address_is_wanted_and_its_deal_queued_without(load: Loader) -> None:
    loaded = await load(f"{HEADER}A,1.00,1,https://shop.test/a.jpg\n")
    assert (loaded.parsed.wrong, len(loaded.queued.ids)) == ([], 1)
    async with load.engine.connect() as connection:
        assert (await read_wanted(connection)).waiting == 1


async def test_a_dry_run_changes_nothing(load: Loader) -> None:
    async with load.engine.begin() as connection:
        before = (await show_row(connection)).queue_version
    loaded = await load(f"{HEADER}A,1.00,1,loaf.jpg\n", dry_run=True)
    assert (len(loaded.parsed.good), loaded.queued.ids, await load.kept()) == (1, [], (0, 0))
    async with load.engine.connect() as connection:
        assert (await show_row(connection)).queue_version == before


async def test_a_file_that_is_not_there_is_an_error_of_its_own(load: Loader) -> None:
    with pytest.raises(FileNotFoundError):
        await load_file(load.engine, load.folder / "no.csv", asked(), clock=load.clock, dry_run=True)


async def test_a_file_larger_than_we_take_is_refused_unread(load: Loader) -> None:
    path = load.folder / "huge.csv"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    loaded = await load_file(load.engine, path, asked(), clock=load.clock, dry_run=False)
    assert [(problem.line, problem.field) for problem in loaded.parsed.wrong] == [(1, "file")]


async def test_ten_thousand_deals_are_queued_in_order_and_at_once(load: Loader) -> None:
    rows = "".join(f"Loaf {number},1.00,1,\n" for number in range(10_000))
    loaded = await load(HEADER + rows)
    assert len(loaded.queued.ids) == 10_000
    async with load.engine.connect() as connection:
        query = select(deals.c.id, deals.c.title).order_by(deals.c.position)
        queue = (await connection.execute(query)).all()
    assert [row.title for row in queue] == [f"Loaf {number}" for number in range(10_000)]
    assert [row.id for row in queue] == loaded.queued.ids
