"""The 22 TPC-H queries over Parquet, each file a formulation of our own with the default values."""

import os
import subprocess
import sys
from pathlib import Path

from answers import difference
from figures import Figures, median, say, timed

TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]
QUERIES = sorted((Path(__file__).parent / "tpch").glob("q*.sql"))


def data(cache, scale):
    """The folder with the generated tables; they are made once."""
    folder = cache / f"tpch-sf{scale}"
    if not folder.exists():
        say(f"generating TPC-H data of scale {scale}")
        fresh = folder.with_suffix(".new")
        generator = Path(sys.executable).parent / "tpchgen-cli"
        arguments = ["parquet", "--scale-factor", scale, "--output-dir", fresh, "--no-progress"]
        subprocess.run([generator, *arguments], check=True, stdout=subprocess.DEVNULL)
        fresh.rename(folder)
    return folder


def measure(engines, files, rounds, only=()):
    """`files` is where the tables are; every engine must see them as `tpch/…`."""
    for engine in engines:
        (engine.folder / "tpch").mkdir(exist_ok=True)
        for table in TABLES:
            link = engine.folder / "tpch" / f"{table}.parquet"
            if not link.exists():
                # A hard link, since a symbolic one would lead out of sparring's data directory.
                os.link(files / f"{table}.parquet", link)
            engine.view(table, f"tpch/{table}.parquet")
    names = [engine.name for engine in engines]
    clock = Figures(f"TPC-H, median s of {rounds}", names)
    best = Figures(f"TPC-H, best s of {rounds}", names)
    cpu = Figures(f"TPC-H, CPU s of the engine, mean of {rounds}", names)
    for query in QUERIES:
        if not only or query.stem in only:
            measured = one_query(query, engines, rounds, clock)
            clock.add(query.stem, {name: median(all) for name, (all, _) in measured.items()}, 3)
            best.add(query.stem, {name: min(all) for name, (all, _) in measured.items()}, 3)
            cpu.add(query.stem, {name: mean for name, (_, mean) in measured.items()}, 3)
            say(
                f"{query.stem}: "
                + ", ".join(f"{n} {median(t):.3f}" for n, (t, _) in measured.items())
            )
    for figures in (clock, best, cpu):
        figures.add_total()
        figures.print()
    return clock.failures


def one_query(query, engines, rounds, figures):
    """By engine that answers: the times, and the CPU time of a round."""
    text = query.read_text()
    times = {engine.name: [] for engine in engines}
    cpu = dict.fromkeys(times, 0.0)
    answers = {}
    # Round 0 warms caches and gives the answers to compare; engines take turns, so that a busy
    # moment of the machine hits all of them.
    for round_number in range(rounds + 1):
        for engine in engines:
            if round_number > 0 and engine.name not in answers:
                continue
            before = engine.cpu_seconds()
            try:
                seconds, answer = timed(lambda engine=engine: engine.collect(text))
            except Exception as error:
                figures.fail(query.stem, engine.name, error)
                answers.pop(engine.name, None)
                continue
            if round_number == 0:
                answers[engine.name] = answer
            else:
                times[engine.name].append(seconds)
                cpu[engine.name] += engine.cpu_seconds() - before
    compare(query.stem, engines, answers, figures)
    return {name: (times[name], cpu[name] / rounds) for name in answers if times[name]}


def compare(label, engines, answers, figures):
    """Against the last engine that answered: bare DataFusion, where it takes part."""
    *others, reference = [engine.name for engine in engines if engine.name in answers] or [None]
    for name in others:
        found = difference(answers[name], answers[reference])
        if found:
            figures.fail(label, name, f"WRONG ANSWER beside {reference}: {found}")
