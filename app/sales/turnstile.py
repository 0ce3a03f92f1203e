"""How often somebody may ask to buy: by account, so that one can not ask for all, and by address, so that crowds are
people. Counted in memory, since everybody asks in the same second; processes tell one another of those who ask much.
"""

import time
from math import ceil
from secrets import token_urlsafe

from app.platform.buckets import Buckets
from app.platform.errors import SlowDown
from app.platform.puzzles import Puzzles
from app.platform.rush import Rush

BUY = "buy"  # what work is for

ACCOUNT = (
    120,
    2.0,
)  # at once, and more a second: a person clicks, a program asks for each deal, and again if it must
ADDRESS = 600, 40.0  # a campus shares one
CALM = 200  # units that an address holds before it is asked for work
BUSY_ACCOUNT, BUSY_ADDRESS = (
    10,
    50,
)  # units from which on it is remembered who was let through, with which key
HALF = 0.5  # a unit: what is counted in fractions of seconds is no whole number
REPEAT = 0.1  # of a unit: the same key again asks for an answer that was lost
REMEMBERED_SECONDS = 60.0
WORDS = {
    "account": "That was tried too often for this account.",
    "address": "That was tried too often from your network.",
}


class Turnstile:
    """The rule for one process. `by_address` is the setting LIMITS; `rush` says whether everybody has to work.

    Moments are seconds of a clock that never goes back.
    """

    def __init__(self, puzzles: Puzzles, *, by_address: bool = True, rush: Rush | None = None) -> None:
        self.puzzles = puzzles
        self.accounts: Buckets[int] = Buckets(*ACCOUNT)
        self.addresses: Buckets[str] = Buckets(*ADDRESS)
        self.rush = rush or Rush()
        self.policy = f'"account";q={ACCOUNT[0]};w={ceil(ACCOUNT[0] / ACCOUNT[1])}'
        if by_address:
            self.policy += f', "address";q={ADDRESS[0]};w={ceil(ADDRESS[0] / ADDRESS[1])}'
        self._by_address = by_address
        self._through: set[tuple[int, str]] = set()
        self._through_before: set[tuple[int, str]] = set()
        self._turned_at = 0.0

    def lets_in(
        self, shopper_id: int, address: str | None, key: str, now: float, *, worked: bool = False
    ) -> bool:
        """Count one who asks to buy. False: they have to work first. Raises SlowDown where it is one too many.

        Whoever was let through and asks again with the same key is not stopped by what others do at their address.
        """
        accounts = self.accounts
        held = accounts.held(shopper_id, now)
        if held > ACCOUNT[0] - HALF:
            raise self._refusal(
                "account", ACCOUNT, held, accounts.seconds_until(shopper_id, now, ACCOUNT[0] - 1)
            )
        again = self._was_let_through(shopper_id, key)
        accounts.put(shopper_id, now, REPEAT if again else 1.0, held)
        if again:
            return True
        rush = self.rush
        rush.count(now)
        if rush.is_on(now) and not worked:
            return False
        busy = held >= BUSY_ACCOUNT or rush.mode == "always"
        if address is not None and self._by_address:
            held = self.addresses.held(address, now)
            if held > ADDRESS[0] - HALF:
                raise self._refusal(
                    "address", ADDRESS, held, self.addresses.seconds_until(address, now, ADDRESS[0] - 1)
                )
            if held > CALM - HALF and not worked and rush.mode != "off":
                return False
            self.addresses.put(address, now, 1.0, held)
            busy = busy or held >= BUSY_ADDRESS
        if busy or worked:
            self._remember(shopper_id, key, now)
        return True

    async def admit(self, shopper_id: int, address: str | None, key: str, answer: str) -> None:
        """The same for whoever can wait: goes on where `answer` has done the work that is asked, or none is.

        Raises ProofOfWorkRequired, with a puzzle, and SlowDown.
        """
        if not self.lets_in(shopper_id, address, key, time.monotonic()):
            await self.puzzles.accept(answer, BUY, str(shopper_id))
            self.lets_in(shopper_id, address, key, time.monotonic(), worked=True)

    def count(self, shopper_id: int, address: str | None) -> None:
        """Count one who asks for something else than to buy at the gate, such as a place in line: no work is asked.

        Raises SlowDown where it is one too many.
        """
        once = token_urlsafe(9)
        self.lets_in(shopper_id, address, f"once {once}", time.monotonic(), worked=True)

    def _was_let_through(self, shopper_id: int, key: str) -> bool:
        if not self._through and not self._through_before:
            return False
        name = (shopper_id, key)
        return name in self._through or name in self._through_before

    def _remember(self, shopper_id: int, key: str, now: float) -> None:
        if now - self._turned_at > REMEMBERED_SECONDS:
            self._through_before, self._through = self._through, set()
            self._turned_at = now
        self._through.add((shopper_id, key))

    def _refusal(self, by: str, limit: tuple[int, float], held: float, seconds: float) -> SlowDown:
        wait = max(1, ceil(seconds))
        refusal = SlowDown(WORDS[by])
        refusal.fields = {
            "Retry-After": str(wait),
            "RateLimit": f'"{by}";r={max(0, int(limit[0] - held))};t={wait}',
        }
        return refusal
