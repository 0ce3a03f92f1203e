"""bench: the benchmarks, which are a part of the source checkout and not of the installed package."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from app.cli.opening import CannotError, tell

bench = typer.Typer(help="The benchmarks: ratios in one run.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print facts for a program.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the part of BENCHMARKS.md.")]

ROOT = Path(__file__).parents[2]


@bench.callback()
def needs_checkout() -> None:
    """The benchmarks: ratios in one run."""
    if not (ROOT / "bench" / "purchases.py").exists():
        raise CannotError("the benchmarks are not in the package; run them in a source checkout: ./run bench")
    if sys.platform != "linux":
        raise CannotError("the benchmarks read /proc and need Linux")
    sys.path.insert(0, str(ROOT))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as after Ctrl-C: what was started is ended too


@bench.command("purchases")
def purchases(
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each run is measured.")] = 6.0,
    connections: Annotated[int, typer.Option(min=1, max=10_000, help="Clients, one request each.")] = 256,
    only: Annotated[
        list[str] | None, typer.Option(help="One run: limit, hello, usual, one, two, sold-out, killed.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only see whether it works.")] = False,
    markdown: Markdown = False,
    as_json: Json = False,
) -> None:
    """Purchases a second: ours, the usual way, FastAPI doing nothing. Exit 1 where books are wrong."""
    from bench.processes import ChildError
    from bench.purchases import KEYS, Plan, bench_purchases
    from bench.purchases_report import facts, words

    _refuse_unknown(only, KEYS)
    plan = Plan(seconds, connections, only=only or ())
    if quick:
        plan = replace(plan, seconds=0.5, connections=16, shoppers=200, kills=1, pause=0.5)
    try:
        runs = bench_purchases(plan, _say)
    except ChildError as error:
        raise CannotError(str(error)) from error
    _print(facts(plan, runs), words(plan, runs), markdown=markdown, as_json=as_json)
    raise typer.Exit(0 if all(run.books is None or run.books.are_right for run in runs.values()) else 1)


@bench.command("stream")
def stream(
    viewers: Annotated[int, typer.Option(min=20, help="Who watch.")] = 10_000,
    seconds: Annotated[float, typer.Option(min=0.2, help="How long each part is measured.")] = 5.0,
    only: Annotated[list[str] | None, typer.Option(help="One server: ours, bare, nchan, asgi.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only see whether it works.")] = False,
    serve: Annotated[int | None, typer.Option(help="Serve the stream room alone on this port.")] = None,
    ordinary: Annotated[bool, typer.Option("--ordinary", help="With --serve: the ASGI way.")] = False,
    markdown: Markdown = False,
    as_json: Json = False,
) -> None:
    """Live updates to a crowd: ours, a bare loop in C, nchan where it is installed, sse-starlette."""
    from bench.processes import ChildError
    from bench.stream_alone import serve_alone
    from bench.streams import KEYS, StreamPlan, bench_stream
    from bench.streams_report import facts, words

    if serve is not None:
        serve_alone(serve, fast=not ordinary)
        return
    _refuse_unknown(only, KEYS)
    plan = StreamPlan(viewers, seconds, only=only or ())
    if quick:
        plan = replace(plan, viewers=100, seconds=0.4, settle=0.3)
    try:
        found = bench_stream(plan, _say)
    except ChildError as error:
        raise CannotError(str(error)) from error
    _print(facts(plan, found), words(plan, found), markdown=markdown, as_json=as_json)


@bench.command("sharing")
def sharing(
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each run is measured.")] = 6.0,
    connections: Annotated[int, typer.Option(min=1, max=10_000, help="Clients, one request each.")] = 256,
    quick: Annotated[bool, typer.Option("--quick", help="Only see whether it works.")] = False,
    markdown: Markdown = False,
    as_json: Json = False,
) -> None:
    """What help costs: purchases that links brought beside others, and visits. Exit 1 where books are wrong."""
    from bench.processes import ChildError
    from bench.sharing import SharingPlan, bench_sharing
    from bench.sharing_report import facts, words

    plan = SharingPlan(seconds, connections)
    if quick:
        plan = SharingPlan(0.5, 16, visitors=4, shoppers=200, helpers=5)
    try:
        sold, visits = bench_sharing(plan, _say)
    except ChildError as error:
        raise CannotError(str(error)) from error
    _print(facts(plan, sold, visits), words(plan, sold, visits), markdown=markdown, as_json=as_json)
    raise typer.Exit(0 if all(run.books.are_right for run in sold.values()) else 1)


@bench.command("start")
def start(
    rounds: Annotated[int, typer.Option(min=1, help="How often each is started.")] = 10,
    against: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Another checkout, to compare with.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only see whether it works.")] = False,
    markdown: Markdown = False,
    as_json: Json = False,
) -> None:
    """From `./run` to the first page, beside FastAPI doing nothing."""
    from bench.processes import ChildError
    from bench.starts import StartPlan, bench_starts
    from bench.starts_report import facts, words

    if against is not None and not (against / ".venv" / "stamp").exists():
        raise CannotError(f"{against} is no checkout whose environment is made: `./run setup` there makes it")
    plan = StartPlan(1 if quick else rounds, against)
    try:
        found = bench_starts(plan, _say)
    except ChildError as error:
        raise CannotError(str(error)) from error
    _print(facts(plan, found), words(plan, found), markdown=markdown, as_json=as_json)


@bench.command("faults")
def faults(
    runs: Annotated[int, typer.Option(min=1, help="How many runs.")] = 50,
    first: Annotated[int, typer.Option(help="The first run's seed; those that follow count on.")] = 1,
    seed: Annotated[int | None, typer.Option(help="Repeat one run.")] = None,
    as_json: Json = False,
) -> None:
    """Random faults while a crowd buys; then the books are read. Exit 1 where anything is wrong."""
    from bench.fault_runs import bench_faults, facts, words
    from bench.processes import ChildError

    seeds = range(first, first + runs) if seed is None else range(seed, seed + 1)
    try:
        found = bench_faults(seeds, _say)
    except ChildError as error:
        raise CannotError(str(error)) from error
    tell(facts(found), words(found), as_json=as_json)
    raise typer.Exit(1 if any(run.wrong for run in found) else 0)


def _refuse_unknown(only: Sequence[str] | None, known: Sequence[str]) -> None:
    if unknown := sorted({*(only or ())}.difference(known)):
        raise typer.BadParameter(f"nothing here is called {', '.join(unknown)}", param_hint="--only")


def _print(facts: dict[str, Any], words: str, *, markdown: bool, as_json: bool) -> None:
    if markdown:
        command = " ".join(["breadmaker", *(word for word in sys.argv[1:] if word != "--markdown")])
        words = f"`{command}`\n\n{words}"
    tell(facts, words, as_json=as_json)


def _say(what: str) -> None:
    sys.stderr.write(f"... {what}\n")
