"""One process that ingests, evaluates and shows: with what is stored, or with a demo."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from infra.demo.folder import is_of_demo
from infra.distinct_counts import DistinctCounts
from infra.evaluator import Evaluator
from infra.gap_answers import silent_banks
from infra.health import Health, web_health
from infra.intake.wiring import door_of, intake_of
from infra.lane_figures import LaneFigures, read_lane_figures
from infra.listening import url_of
from infra.live_demo import DemoOperations, DemoRun, DemoSpec, claim_folder
from infra.metrics import Metrics
from infra.operations import Operations
from infra.reconciler import ReconcileThread, Reconciliation, reconciler_of
from infra.server import run_server
from infra.settings import Settings
from infra.store_follower import StoreFollower
from infra.store_node import StoreNode
from infra.web.live import LiveView
from infra.wiring import Node
from schemas.grading import GradingRun
from schemas.grading_tables import GRADING_RUNS
from schemas.results import Results
from streams.ports import BatchReport
from streams.reconcile import Level

OnReady = Callable[[str], None]


def serve_folder(
    folder: Path, listening: socket.socket, settings: Settings, on_ready: OnReady
) -> None:
    """Show what ``folder`` holds and take commands, until the process is told to end.

    Args:
        folder: the data folder.
        listening: the socket to serve on, see infra.listening.bind.
        settings: of this process.
        on_ready: told the address as soon as it answers.

    """
    with ExitStack() as stack:
        node = stack.enter_context(Node(folder, batch_events_max=settings.batch_events_max))
        live = LiveView()
        metrics = Metrics(node.clock)
        evaluator = Evaluator(node, live, _shown_beside(node, metrics))

        def on_report(report: BatchReport) -> None:
            metrics.on_report(report, node.clock.now_ms())
            evaluator.notice(report)

        node.on_report = on_report
        node.catch_up()
        evaluator.start()
        stack.callback(evaluator.stop)
        distinct = DistinctCounts(node.store, live)
        distinct.start()
        stack.callback(distinct.stop)
        reconciling = _reconciling(node, evaluator, metrics, stack)
        operations = Operations(node, results=evaluator.results, on_graded=evaluator.refresh)
        run_server(
            operations,
            live,
            listening,
            settings=settings,
            is_synthetic=is_of_demo(node.folder),
            distinct=distinct,
            reconcile=reconciling.told,
            door=door_of(intake_of(node, settings), node, settings, on_answer=metrics.on_receipt),
            health=_health_of(node, metrics),
            announce=lambda url, token: node.lock.announce(url=url, token=token),
            on_ready=lambda: on_ready(url_of(listening)),
        )


def serve_server(
    node: StoreNode, listening: socket.socket, settings: Settings, on_ready: OnReady
) -> None:
    """Show what workers keep on a server, until the process is told to end.

    Args:
        node: the open system.
        listening: the socket to serve on, see infra.listening.bind.
        settings: of this process.
        on_ready: told the address as soon as it answers.

    """
    with ExitStack() as stack:
        live = LiveView()
        metrics = Metrics(node.clock)
        evaluator = Evaluator(node, live, _shown_beside(node, metrics))
        evaluator.start()
        stack.callback(evaluator.stop)
        follower = StoreFollower(node, evaluator.recount)
        follower.start()
        stack.callback(follower.stop)
        distinct = DistinctCounts(node.store, live)
        distinct.start()
        stack.callback(distinct.stop)
        reconciling = _reconciling(node, evaluator, metrics, stack)
        operations = Operations(node, results=evaluator.results, on_graded=evaluator.refresh)
        door = None
        if settings.kafka_brokers:  # Without, it only shows.
            intake = intake_of(node, settings)
            door = door_of(intake, node, settings, on_answer=metrics.on_receipt)
        run_server(
            operations,
            live,
            listening,
            settings=settings,
            is_synthetic=False,
            distinct=distinct,
            reconcile=reconciling.told,
            door=door,
            health=_health_of(node, metrics),
            on_ready=lambda: on_ready(url_of(listening)),
        )


def _shown_beside(node: StoreNode, metrics: Metrics) -> Callable[[Results], dict[str, Any]]:
    def shown(results: Results) -> dict[str, Any]:
        metrics.on_silence(int(silent_banks(results).sum()))
        return {"grading_runs": grading_runs(node)}

    return shown


def _health_of(node: StoreNode, metrics: Metrics) -> Health:
    def read_lanes() -> LaneFigures:
        return read_lane_figures(node.store, node.generation)

    return web_health(metrics, node.connection, read_lanes)


def serve_demo(
    folder: Path,
    listening: socket.socket,
    settings: Settings,
    on_ready: OnReady,
    *,
    spec: DemoSpec,
    days_per_s: float,
) -> None:
    """Play ``spec`` into ``folder`` and show it, until the process is told to end."""
    claim_folder(folder, spec)
    with ExitStack() as stack:
        # The invented province has a calendar of its own, which may run ahead of ours.
        node = stack.enter_context(
            Node(folder, batch_events_max=settings.batch_events_max, future_days_max=None)
        )
        live = LiveView()

        def extra(_: Any) -> dict[str, Any]:
            return {"grading_runs": grading_runs(node), "demo": play.standing()}

        evaluator = Evaluator(node, live, extra)
        play = DemoRun(node, spec, days_per_s=days_per_s, on_change=evaluator.refresh)
        node.on_report = evaluator.notice
        evaluator.start()
        stack.callback(evaluator.stop)
        distinct = DistinctCounts(node.store, live)
        distinct.start()
        stack.callback(distinct.stop)
        reconciling = _reconciling(node, evaluator, Metrics(node.clock), stack)
        play.start()
        stack.callback(play.stop)
        operations = DemoOperations(node, results=evaluator.results, on_graded=evaluator.refresh)
        operations.play = play
        run_server(
            operations,
            live,
            listening,
            settings=settings,
            is_synthetic=True,
            distinct=distinct,
            reconcile=reconciling.told,
            announce=lambda url, token: node.lock.announce(url=url, token=token),
            on_ready=lambda: on_ready(url_of(listening)),
        )


def _reconciling(
    node: StoreNode, evaluator: Evaluator, metrics: Metrics, stack: ExitStack
) -> ReconcileThread:
    """Start reconciling all the time; pages hear of it when something else is found."""
    shown: list[Any] = []

    def show(result: Reconciliation) -> None:
        metrics.on_reconcile(result.differences, result.checked_at_ms)
        found = [finding for finding in result.findings if finding.level is not Level.BEHIND]
        if found != shown:
            shown[:] = found
            evaluator.refresh()

    thread = ReconcileThread(lambda: reconciler_of(node), show)
    thread.start()
    stack.callback(thread.stop)
    return thread


def grading_runs(node: StoreNode) -> dict[str, GradingRun]:
    """Return the newest grading run of every quarter that has one."""
    rows = node.store.read(GRADING_RUNS, columns=("quarter", "graded_at_ms", "body"))
    made = zip(
        rows["graded_at_ms"].tolist(),
        rows["quarter"].to_list(),
        rows["body"].to_list(),
        strict=True,
    )
    newest = {quarter: body for _, quarter, body in sorted(made)}
    return {quarter: msgspec.json.decode(body, type=GradingRun) for quarter, body in newest.items()}
