"""A sort and a join of three times the memory limit: they must spill and finish."""

import os

import numpy
import pyarrow
import pyarrow.compute as pc
import pyarrow.parquet as pq
from engines import MIB
from figures import Figures, say, timed

LIMIT_BYTES = 256 * MIB
# 8 × 8 bytes, a text of 28 bytes and its offset.
ROW_BYTES = 96
# Two tables that are three limits together, so that neither side of the join fits.
N_ROWS = 3 * LIMIT_BYTES // ROW_BYTES // 2
SIDES = ("left", "right")


def data(cache):
    """The two tables; every key is in both, once, in no order."""
    folder = cache / "spilling"
    if not folder.exists():
        say("generating the tables of the spilling measurement")
        fresh = folder.with_suffix(".new")
        fresh.mkdir(exist_ok=True)
        random = numpy.random.default_rng(7)
        for side in SIDES:
            columns = {"key": random.permutation(N_ROWS)}
            for number in range(7):
                columns[f"n{number}"] = random.integers(0, 1 << 40, N_ROWS)
            text = pc.utf8_lpad(pyarrow.array(columns["n0"]).cast("string"), 28, "x")
            pq.write_table(pyarrow.table({**columns, "text": text}), fresh / f"{side}.parquet")
        fresh.rename(folder)
    return folder


def measure(server, files):
    for side in SIDES:
        os.link(files / f"{side}.parquet", server.folder / f"{side}.parquet")
        server.view(side, f"{side}.parquet")
    limit = LIMIT_BYTES // MIB
    figures = Figures(f"three times the limit of {limit} MiB", ["s", "growth, MiB", "peak, MiB"])
    for label, action in (("sort, written as Parquet", sort), ("join, aggregated", join)):
        memory = server.memory()
        try:
            seconds, wrong = timed(lambda action=action: action(server, files))
        except Exception as error:
            figures.fail(label, server.name, error)
            continue
        if wrong:
            figures.fail(label, server.name, f"WRONG ANSWER: {wrong}")
        values = {"s": seconds, "growth, MiB": memory.growth(), "peak, MiB": memory.peak()}
        figures.add(label, values, digits=1)
    figures.print(with_ratios=False)
    return figures.failures


def sort(server, files):
    both = server.session.sql("SELECT * FROM left UNION ALL SELECT * FROM right")
    both.orderBy("n0").write.mode("overwrite").parquet(server.path("sorted"))
    parts = sorted((server.folder / "sorted").glob("*.parquet"))
    found = pyarrow.concat_tables([pq.read_table(part, columns=["n0", "n1"]) for part in parts])
    wanted = pyarrow.concat_tables(
        [pq.read_table(files / f"{side}.parquet", columns=["n0", "n1"]) for side in SIDES]
    )
    if found.num_rows != wanted.num_rows:
        return f"{found.num_rows} rows instead of {wanted.num_rows}"
    if pc.sum(found["n1"]) != pc.sum(wanted["n1"]):
        return "other rows than those that went in"
    keys = found["n0"].combine_chunks()
    if not pc.all(pc.less_equal(keys[:-1], keys[1:])).as_py():
        return f"not in order, in {len(parts)} files"
    return None


def join(server, files):
    names = [f"n{number}" for number in range(7)]
    sums = ", ".join(f"sum({side}.{name})" for side in SIDES for name in names)
    lengths = ", ".join(f"sum(length({side}.text))" for side in SIDES)
    query = f"SELECT count(*), {sums}, {lengths} FROM left JOIN right ON left.key = right.key"
    found = [column[0].as_py() for column in server.collect(query).columns]
    wanted = [N_ROWS]
    for side in SIDES:
        table = pq.read_table(files / f"{side}.parquet", columns=names)
        wanted += [pc.sum(table[name]).as_py() for name in names]
    wanted += [28 * N_ROWS] * 2
    return None if found == wanted else f"{found} instead of {wanted}"
