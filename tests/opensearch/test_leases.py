"""One writer at a time, across processes and machines."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from opensearch import leases
from opensearch.client import Cluster
from opensearch.leases import INDEX, Lease, LeaseHeldError, LeaseLostError, holder

ALIAS = "test-leases"


@pytest.fixture
def alias(cluster: Cluster) -> Iterator[str]:
    yield ALIAS
    if cluster.exists(f"/{INDEX}/_doc/{ALIAS}"):
        cluster.request("DELETE", f"/{INDEX}/_doc/{ALIAS}")


def test_the_second_is_told_who_holds_it(cluster: Cluster, alias: str) -> None:
    with Lease(cluster, alias, "load of a.jsonl"):
        found = holder(cluster, alias)
        assert found is not None
        assert found["pid"] == psutil.Process().pid
        with pytest.raises(LeaseHeldError, match=r"test-leases is being written to .*load of a.jsonl, process \d+"):
            Lease(cluster, alias, "load of b.jsonl").__enter__()
        with Lease(cluster, f"{alias}-other", "load of b.jsonl"):
            pass
    assert holder(cluster, alias) is None
    with Lease(cluster, alias, "again"):
        pass


def test_a_brief_holder_is_waited_for(cluster: Cluster, alias: str) -> None:
    release = Lease(cluster, alias, "release", brief=True)
    release.__enter__()
    threading.Timer(1.0, lambda: release.__exit__(None, None, None)).start()
    with Lease(cluster, alias, "update"):
        found = holder(cluster, alias)
        assert found is not None and found["purpose"] == "update"


def put(cluster: Cluster, alias: str, **changes: object) -> None:
    record = {"host": "elsewhere", "pid": 1, "started": 0.0, "purpose": "x", "since": "y", "renewed": time.time()}
    with Lease(cluster, alias, "makes the index"):
        pass
    cluster.request("PUT", f"/{INDEX}/_doc/{alias}", record | changes)


def test_a_lease_that_ran_out_elsewhere_is_taken_over(cluster: Cluster, alias: str) -> None:
    put(cluster, alias, renewed=time.time() - leases.TTL - 1)
    assert holder(cluster, alias) is None
    with Lease(cluster, alias, "takes over"):
        assert holder(cluster, alias)


def test_a_fresh_lease_elsewhere_is_respected(cluster: Cluster, alias: str) -> None:
    put(cluster, alias)
    with pytest.raises(LeaseHeldError, match="on elsewhere"):
        Lease(cluster, alias, "wants").__enter__()


def test_a_holder_that_died_here_leaves_it_free_at_once(cluster: Cluster, alias: str) -> None:
    code = (
        "import sys, os; from opensearch.client import Cluster; from opensearch.leases import Lease\n"
        f"Lease(Cluster({cluster.url!r}), {alias!r}, 'dies').__enter__(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    with Lease(cluster, alias, "next"):
        pass


def test_a_lost_lease_is_noticed(cluster: Cluster, alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY", 0.05)
    with Lease(cluster, alias, "loses it") as lease:
        lease.check()
        cluster.request("PUT", f"/{INDEX}/_doc/{alias}", {"host": "thief", "pid": 1, "started": 0, "renewed": 0})
        assert lease.lost.wait(60)
        with pytest.raises(LeaseLostError, match="another process has taken over"):
            lease.check()
    assert cluster.request("GET", f"/{INDEX}/_doc/{alias}")["_source"]["host"] == "thief"
