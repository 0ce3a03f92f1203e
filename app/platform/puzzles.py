"""Work before an answer: a puzzle that costs a browser a second, and whoever asks ten thousand times hours.

ALTCHA's, signed by us, so that nothing is kept until one is answered. Each is for one use and one party, expires, and
is answered once over all processes. Whoever can not work (no JavaScript, say) waits instead.
"""

import asyncio
import json
from base64 import b64decode, b64encode
from hashlib import blake2b
from secrets import randbelow
from typing import Any, ClassVar

import altcha
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.platform.buckets import Buckets
from app.platform.clock import Clock
from app.platform.errors import Problem
from app.platform.signing import Signer

FIELD = "Proof-Of-Work"
PURPOSE = "proof-of-work"
ALGORITHM, COST = "PBKDF2/SHA-256", 400  # iterations of one guess
FEWEST, MOST = 400, 1600  # guesses; between one and a few seconds of a browser's time
LASTS_SECONDS = 300
WAIT_SECONDS = 30  # instead of work, and once in that time for each party
PREFIX = "worked:"
PATIENCE_SECONDS = 0.5  # nobody waits longer for Redis
LONGEST = 4096  # characters of an answer; a whole one has about 900
MOST_REMEMBERED = 100_000


class ProofOfWorkRequired(Problem):
    """Much is asked from your network right now, or by everybody, so each request first costs a little work. A page
    does it by itself. A program solves `challenge` (ALTCHA 2, PBKDF2/SHA-256) and repeats the request with the header
    field Proof-Of-Work: base64 of the JSON object {"challenge": …, "solution": {"counter": …, "derivedKey": …}}. Each
    challenge is taken once. Whoever can not work waits as long as Retry-After says, and repeats without a solution."""

    status = 429
    title = "First a little work"
    retry_after = WAIT_SECONDS
    example: ClassVar[dict[str, object]] = {
        "challenge": {
            "parameters": {
                "algorithm": ALGORITHM,
                "cost": COST,
                "data": {"for": "buy", "who": "9f2c…", "at": 1795370400, "most": MOST},
                "keyLength": 32,
                "keyPrefix": "5be1…",
                "keySignature": "77aa…",
                "nonce": "0c41…",
                "salt": "e3d0…",
            },
            "signature": "b81f…",
        }
    }


class Puzzles:
    """Gives puzzles, and takes answers. Without `redis`, or where it is away, each process knows its own only."""

    def __init__(self, signer: Signer, clock: Clock, redis: Redis | None = None) -> None:
        self._secret = signer.sign(PURPOSE, "challenge")  # a keyed digest that nobody is told
        self._key_secret = signer.sign(PURPOSE, "solution")
        self._clock, self._redis = clock, redis
        self._taken: dict[str, float] = {}  # nonces, the oldest first, and until when they count
        self._waited: Buckets[str] = Buckets(1, 1 / WAIT_SECONDS)

    def make(self, use: str, who: str) -> dict[str, Any]:
        """A puzzle for this `use` (such as "buy") of this party, as JSON has it."""
        data = {"for": use, "who": _digest(who), "at": self._now(), "most": MOST}
        challenge = altcha.create_challenge(
            ALGORITHM,
            COST,
            counter=FEWEST + randbelow(MOST - FEWEST),
            data=data,
            hmac_secret=self._secret,
            hmac_key_secret=self._key_secret,
        )
        found: dict[str, Any] = challenge.to_dict()
        return found

    async def accept(self, answer: str | None, use: str, who: str) -> None:
        """Take an answer (what the field holds). Raises ProofOfWorkRequired, with a fresh puzzle, where it is none."""
        nonce = self._nonce_of(answer, use, who) if answer else None
        if nonce is None or not await self._is_first(nonce):
            raise self.refusal(use, who)

    def refusal(self, use: str, who: str) -> ProofOfWorkRequired:
        """What tells somebody to work first."""
        return ProofOfWorkRequired(challenge=self.make(use, who))

    def _nonce_of(self, answer: str, use: str, who: str) -> str | None:
        """The name of the puzzle that this answers, by work or by waiting; None where it does not."""
        payload = _read(answer)
        if payload is None:
            return None
        result = altcha.verify_solution(payload, self._secret, hmac_key_secret=self._key_secret)
        if result.invalid_signature is not False:
            return None
        parameters = payload.challenge.parameters
        data, now = parameters.data or {}, self._now()
        if (data["for"], data["who"]) != (use, _digest(who)) or now - data["at"] > LASTS_SECONDS:
            return None
        if parameters.nonce in self._taken:
            return None
        if not result.verified and not self._has_waited(f"{use}:{who}", now - data["at"]):
            return None
        return str(parameters.nonce)

    def _has_waited(self, who: str, seconds: int) -> bool:
        """Once in a while for each party, however many puzzles they wait for at the same time."""
        now = self._clock.now().timestamp()
        if seconds < WAIT_SECONDS or self._waited.held(who, now) > 0:
            return False
        self._waited.put(who, now)
        return True

    async def _is_first(self, nonce: str) -> bool:
        now = self._now()
        while self._taken and (len(self._taken) > MOST_REMEMBERED or next(iter(self._taken.values())) < now):
            del self._taken[next(iter(self._taken))]
        if nonce in self._taken:
            return False
        self._taken[nonce] = now + LASTS_SECONDS + 1
        if self._redis is None:
            return True
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return bool(await self._redis.set(PREFIX + nonce, b"", nx=True, ex=LASTS_SECONDS + 1))
        except (RedisError, OSError):
            return True

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def puzzle_text(puzzle: dict[str, Any]) -> str:
    """A puzzle as a form's field holds it: an answer that lacks its solution."""
    return b64encode(json.dumps({"challenge": puzzle}).encode()).decode()


def _read(answer: str) -> altcha.Payload | None:
    if len(answer) > LONGEST:
        return None
    try:
        told = json.loads(b64decode(answer, validate=True))
        waited = {"counter": -1, "derivedKey": ""}
        return altcha.Payload.from_dict({"solution": waited} | told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _digest(who: str) -> str:
    """A puzzle need not say whose it is."""
    return blake2b(who.encode(), digest_size=12).hexdigest()
