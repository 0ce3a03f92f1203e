"""The newsletter's readers. Nobody becomes one by a tick alone: a mail asks once more, and one click ends it."""

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity.links import LinkSpent, MailedLinks
from app.identity.person import locked_person, people
from app.identity.tables import LinkFor, mailed_links, shoppers
from app.notices import Addressee, NewsletterToConfirm, Reader, post, take_back
from app.platform.clock import Clock
from app.platform.signing import Signer

IN_PATH = "/newsletter/in"
OUT_PATH = "/newsletter/out"
OUT = "newsletter-out"  # what the address in each copy is signed for


class Newsletter:
    """Who reads it, and how one begins and ends to."""

    def __init__(self, engine: AsyncEngine, links: MailedLinks, signer: Signer, clock: Clock) -> None:
        self._engine = engine
        self._links = links
        self._signer = signer
        self._clock = clock

    async def ask(self, shopper_id: int, site: str) -> None:
        """Mail a link that makes them a reader, unless they are one. Earlier links are of no use any more.

        Raises SignInRequired where they deleted their account meanwhile.
        """
        async with self._engine.begin() as connection:
            person = await locked_person(connection, shopper_id)
            if person.newsletter:
                return
            await _forget_asking(connection, shopper_id)
            secret = await self._links.make(
                connection, LinkFor.NEWSLETTER, shopper_id, person.email, "/account"
            )
            to = Addressee(person.email, person.name, shopper_id)
            await post(connection, NewsletterToConfirm(f"{site}{IN_PATH}/{secret}"), to, self._clock.now())

    async def is_asked(self, shopper_id: int) -> bool:
        """Whether a link is on its way to them that would make them a reader."""
        asked = exists().where(
            mailed_links.c.shopper_id == shopper_id,
            mailed_links.c.purpose == LinkFor.NEWSLETTER,
            mailed_links.c.expires_at > self._clock.now(),
        )
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(select(asked)))

    async def confirm(self, secret: str) -> None:
        """The link was followed. Raises LinkSpent, also where the account has a new address.

        Whoever asks or leaves at the same moment locks the account first, too, and then the links.
        """
        link = await self._links.look(secret, LinkFor.NEWSLETTER)
        same = shoppers.c.id == link.shopper_id, shoppers.c.email == link.email
        async with self._engine.begin() as connection:
            reader = await connection.execute(update(shoppers).where(*same).values(newsletter=True))
            if not reader.rowcount:
                raise LinkSpent
            await self._links.take(connection, secret, LinkFor.NEWSLETTER)

    async def leave(self, shopper_id: int) -> None:
        """No more of them, from now on: neither a copy that waits, nor a link. Safe to repeat, and for nobody."""
        async with self._engine.begin() as connection:
            mine = shoppers.c.id == shopper_id
            await connection.execute(update(shoppers).where(mine).values(newsletter=False))
            await _forget_asking(connection, shopper_id)
            await take_back(connection, shopper_id, "newsletter")

    def way_out(self, shopper_id: int, site: str) -> str:
        """The address below `site` at which one request, by whomever, ends it for them."""
        return f"{site}{OUT_PATH}/{self._signer.sign(OUT, str(shopper_id))}"

    def reader_of(self, signed: str) -> int | None:
        """Whose way out it is; None where it is not one of ours."""
        text = self._signer.verify(OUT, signed)
        return int(text) if text is not None else None

    async def count(self) -> int:
        """How many readers there are."""
        async with self._engine.connect() as connection:
            query = select(func.count()).select_from(shoppers).where(shoppers.c.newsletter)
            return await connection.scalar(query) or 0

    async def readers_after(
        self, connection: AsyncConnection, after: int, most: int, *, site: str
    ) -> list[Reader]:
        """The next readers by their ids. Until the transaction ends none of them can leave, or delete the account."""
        some = (
            people().where(shoppers.c.newsletter, shoppers.c.id > after).order_by(shoppers.c.id).limit(most)
        )
        return [
            Reader(row.id, Addressee(row.email, row.name, row.id), self.way_out(row.id, site))
            for row in await connection.execute(some.with_for_update(read=True))
        ]


async def _forget_asking(connection: AsyncConnection, shopper_id: int) -> None:
    mine = mailed_links.c.shopper_id == shopper_id, mailed_links.c.purpose == LinkFor.NEWSLETTER
    await connection.execute(delete(mailed_links).where(*mine))
    await take_back(connection, shopper_id, "newsletter-to-confirm")
