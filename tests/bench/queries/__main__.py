"""Queries and tables, side by side with pysail, bare DataFusion and `deltalake`.

`python tests/bench/queries --sparring target/release/sparring [PART…]`; parts are tpch, collect,
upload, analysis, spilling, tables and commits. `make bench-queries` and `make bench-tables` make the
virtualenv first. Tables go to stdout. Exit status 1: something failed or two answers differ.
"""

import argparse
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import plans
import spilling
import tables
import tpch
import transfer
from engines import DataFusion, pysail, sparring
from figures import say
from lakes import LibraryTables, ServerTables


class Bench:
    def __init__(self, arguments, stack):
        self.arguments, self.stack = arguments, stack
        # Beside the generated data, which is linked into it and not copied.
        folder = tempfile.TemporaryDirectory(dir=arguments.cache, prefix="run-")
        self.folder = Path(stack.enter_context(folder))

    def servers(self, identity_only=False, **options):
        (self.folder / "driver").mkdir()
        started = []
        if self.arguments.sparring:
            started.append(self.keep(sparring(self.arguments.sparring, self.folder, **options)))
        if "pysail" in self.arguments.peers:
            started.append(self.keep(pysail(self.folder)))
            if identity_only:
                started.append(self.keep(pysail(self.folder, identity_only=True)))
        return started

    def engines(self, **options):
        found = self.servers(**options)
        if "datafusion" in self.arguments.peers:
            found.append(self.keep(DataFusion(self.folder / "driver")))
        return found

    def lakes(self):
        found = [ServerTables(server) for server in self.servers()]
        if "deltalake" in self.arguments.peers:
            found.append(self.keep(LibraryTables(self.folder / "driver")))
        return found

    def keep(self, engine):
        self.stack.callback(engine.stop)
        return engine


def run_tpch(bench):
    asked = bench.arguments
    data = tpch.data(asked.cache, asked.scale)
    return tpch.measure(bench.engines(), data, asked.rounds, asked.only)


def run_collect(bench):
    counts = [1_000_000, 5_000_000]
    return transfer.collect(bench.engines(identity_only=True), bench.arguments.rounds, counts)


def run_upload(bench):
    return transfer.upload(bench.servers(), bench.arguments.rounds)


def run_analysis(bench):
    return plans.measure(bench.servers(), bench.arguments.rounds)


def run_spilling(bench):
    data = spilling.data(bench.arguments.cache)
    server, *_ = bench.servers(memory_limit_bytes=spilling.LIMIT_BYTES)
    return spilling.measure(server, data)


def run_tables(bench):
    data = tables.data(bench.arguments.cache)
    return tables.measure(bench.lakes(), data, bench.arguments.rounds)


def run_commits(bench):
    return tables.commits(bench.lakes(), bench.arguments.rounds)


PARTS = {
    "tpch": run_tpch,
    "collect": run_collect,
    "upload": run_upload,
    "analysis": run_analysis,
    "spilling": run_spilling,
    "tables": run_tables,
    "commits": run_commits,
}


def main():
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="all when none is given")
    parser.add_argument("--sparring", type=Path, help="the binary; without it only peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", default="1", help="scale factor of TPC-H")
    parser.add_argument("--only", nargs="*", default=[], help="queries of TPC-H, as q01")
    parser.add_argument("--peers", nargs="*", default=["pysail", "datafusion", "deltalake"])
    parser.add_argument("--cache", type=Path, default=cache / "sparring" / "bench")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    # Ended from outside, it still stops its servers and removes its folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failures = []
    for part in arguments.parts or PARTS:
        say(f"== {part}")
        with ExitStack() as stack:
            failures += PARTS[part](Bench(arguments, stack))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
