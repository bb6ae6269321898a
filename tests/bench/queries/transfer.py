"""Many rows to the client and many rows from it: speed, and how much memory the server takes."""

import os

import numpy
import pyarrow
from answers import checksum
from figures import Figures, median, say, timed

# Eight columns that have to be computed; `{rows}` has one column `id`.
COMPUTED = """
SELECT id,
       id * 7 AS seven_times,
       id % 1000 AS remainder,
       CAST(id AS DOUBLE) * 0.25E0 AS quarter,
       CAST(id % 100 AS INT) AS small,
       id % 2 = 0 AS even,
       concat('name ', CAST(id AS STRING)) AS name,
       CASE WHEN id % 3 = 0 THEN 'fizz' ELSE 'another word' END AS word
FROM {rows}
"""
UPLOAD_BYTES = 100_000_000


def collect(engines, rounds, row_counts):
    names = [engine.name for engine in engines]
    speed = Figures(f"collect, MB/s, median of {rounds}", names)
    growth = Figures("collect, growth of the server's memory, MiB", names)
    for n_rows in row_counts:
        label = f"{n_rows:,} rows × 8 columns"
        times, sums, size = {name: [] for name in names}, {}, None
        memories = {engine.name: engine.memory() for engine in engines}
        for engine in engines * rounds:
            query = COMPUTED.format(rows=engine.numbers(n_rows))
            try:
                seconds, answer = timed(lambda engine=engine, query=query: engine.collect(query))
            except Exception as error:
                speed.fail(label, engine.name, error)
                continue
            times[engine.name].append(seconds)
            # The first engine's answer, so that all are held against the same bytes.
            size = size or answer.nbytes
            sums[engine.name] = checksum(answer)
            del answer
        for name in sums:
            if sums[name] != sums[list(sums)[-1]]:
                speed.fail(label, name, f"WRONG ANSWER: not the values of {list(sums)[-1]}")
        rates = {name: size / 1e6 / median(all) for name, all in times.items() if all}
        speed.add(label, rates, digits=0)
        grown = {name: memory.growth() for name, memory in memories.items() if memory}
        growth.add(label, grown, digits=0, ratios=False)
        say(f"collect {label}: " + ", ".join(f"{n} {r:.0f} MB/s" for n, r in rates.items()))
    speed.print()
    growth.print()
    return speed.failures


def upload(servers, rounds):
    """`createDataFrame` of an Arrow table, counted at the other side."""
    names = [server.name for server in servers]
    speed = Figures(f"createDataFrame of 100 MB, median of {rounds}", names)
    rates, grown = {}, {}
    for server in servers:
        memory, times = server.memory(), []
        try:
            for _ in range(rounds):
                # New bytes each time: the client does not send again what the server has kept.
                table = table_of(UPLOAD_BYTES)
                seconds, n_rows = timed(
                    lambda s=server, table=table: s.session.createDataFrame(table).count()
                )
                if n_rows != table.num_rows:
                    speed.fail("rows", server.name, f"WRONG ANSWER: {n_rows} rows")
                times.append(seconds)
        except Exception as error:
            speed.fail("MB/s", server.name, error)
            continue
        rates[server.name] = UPLOAD_BYTES / 1e6 / median(times)
        grown[server.name] = memory.growth()
    speed.add("MB/s", rates, digits=0)
    speed.add("growth of memory, MiB", grown, digits=0, ratios=False)
    speed.print()
    return speed.failures


def table_of(n_bytes):
    """An Arrow table of about that size: eight columns, 96 bytes a row."""
    n_rows = n_bytes // 96
    random = numpy.random.default_rng(int.from_bytes(os.urandom(4)))
    numbers = {f"n{i}": random.integers(0, 1 << 60, n_rows) for i in range(4)}
    reals = {f"x{i}": random.random(n_rows) for i in range(3)}
    # 36 characters and an offset of four bytes.
    texts = pyarrow.array(random.integers(1 << 59, 1 << 60, n_rows).astype("U19"))
    texts = pyarrow.compute.binary_join_element_wise("a longer name is ", texts, "")
    return pyarrow.table({**numbers, **reals, "text": texts})
