"""One attempt, sent by several processes at once: money moves once."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process

from app.payments import Charge, Provider
from app.platform.embedded import EmbeddedServers
from tests.factories.payments import LOSES_THE_ANSWER, Bank, PeerBank, charge_with

PROCESSES = 2


async def test_processes_that_send_one_attempt_at_once_charge_it_once(
    bank: Bank, provider: Provider, servers: EmbeddedServers
) -> None:
    charge = await charge_with(bank, provider, LOSES_THE_ANSWER, return_address="")
    address = bank.peer.address if isinstance(bank, PeerBank) else None
    processes = [await _process(charge, servers.database_url, address) for _ in range(PROCESSES)]
    try:
        async with asyncio.timeout(60):
            for process in processes:
                assert process.stdout is not None
                assert await process.stdout.readline() == b"ready\n"
            outcomes = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert len({said for said, _ in outcomes}) == 1
    assert outcomes[0][0].startswith(b"Paid(")
    assert await bank.charges_of(charge.attempt) == 1


async def _process(charge: Charge, database: str, stripe: str | None) -> Process:
    told = {
        "database": database,
        "stripe": stripe,
        "attempt": charge.attempt,
        "order_id": charge.order_id,
        "amount": charge.amount.amount,
        "currency": charge.amount.currency,
        "customer": charge.customer,
        "card": charge.card,
        "made_at": charge.made_at.isoformat(),
    }
    words = (sys.executable, "-m", "tests.factories.charging", json.dumps(told))
    return await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
