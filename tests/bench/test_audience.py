"""Numbers that the network cut in two."""

import sys

import pytest

from bench.audience import NUMBER, _tail

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks need Linux")

EVENT = b'data: {"pad":"x","q":1000000007}\n\n'


@pytest.mark.parametrize("at", range(1, len(EVENT)))
def test_a_number_is_found_once_wherever_it_was_cut(at: int) -> None:
    first, second = EVENT[:at], EVENT[at:]
    found = NUMBER.findall(first) + NUMBER.findall(_tail(first, len(first)) + second)
    assert found == [b"1000000007"]
