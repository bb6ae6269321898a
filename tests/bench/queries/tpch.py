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
    medians = Figures(f"TPC-H, median s of {rounds}", names)
    totals = {engine.name: [] for engine in engines}
    for query in QUERIES:
        if not only or query.stem in only:
            one_query(query, engines, rounds, medians, totals)
    # Only of engines that answered everything: a total without some queries says nothing.
    whole = {name: all for name, all in totals.items() if None not in all}
    for at, label in enumerate(("total of medians", "total of best")):
        medians.add(label, {name: sum(pair[at] for pair in all) for name, all in whole.items()})
    medians.print()
    return medians.failures


def one_query(query, engines, rounds, figures, totals):
    text = query.read_text()
    times = {engine.name: [] for engine in engines}
    answers = {}
    # Round 0 warms caches and gives the answers to compare; engines take turns, so that a busy
    # moment of the machine hits all of them.
    for round_number in range(rounds + 1):
        for engine in engines:
            if round_number > 0 and engine.name not in answers:
                continue
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
    figures.add(query.stem, {name: median(all) for name, all in times.items()}, digits=3)
    for name, all in times.items():
        totals[name].append((median(all), min(all)) if all else None)
    say(f"{query.stem}: " + ", ".join(f"{n} {median(all) or 0:.3f}" for n, all in times.items()))
    compare(query.stem, engines, answers, figures)


def compare(label, engines, answers, figures):
    """Against the last engine that answered: bare DataFusion, where it takes part."""
    *others, reference = [engine.name for engine in engines if engine.name in answers] or [None]
    for name in others:
        found = difference(answers[name], answers[reference])
        if found:
            figures.fail(label, name, f"WRONG ANSWER beside {reference}: {found}")
