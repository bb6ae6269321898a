"""Delta tables: ten million rows appended, merged into and read; a log of ten thousand commits."""

import json
import os

import numpy
import pyarrow
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from figures import Figures, median, say, timed

N_ROWS, N_CHANGES = 10_000_000, 100_000
LOW, HIGH = 4_000_000, 4_050_000
N_COMMITS = 10_000
STEPS = ("append 10 million rows × 10 columns", "MERGE of 1 %", "read back, 0.5 % by a filter")


def data(cache):
    """`rows.parquet` and `changes.parquet`: half of the changes have keys that exist."""
    folder = cache / "tables"
    if not folder.exists():
        say("generating the rows of the tables")
        fresh = folder.with_suffix(".new")
        fresh.mkdir(exist_ok=True)
        random = numpy.random.default_rng(11)
        million = 1_000_000
        first = rows(random, numpy.arange(0, million))
        with pq.ParquetWriter(fresh / "rows.parquet", first.schema) as writer:
            writer.write_table(first)
            for start in range(million, N_ROWS, million):
                writer.write_table(rows(random, numpy.arange(start, start + million)))
        existing = random.choice(N_ROWS, N_CHANGES // 2, replace=False)
        new = numpy.arange(N_ROWS, N_ROWS + N_CHANGES // 2)
        changes = rows(random, random.permutation(numpy.concatenate([existing, new])))
        pq.write_table(changes, fresh / "changes.parquet")
        fresh.rename(folder)
    return folder


def rows(random, keys):
    count = len(keys)
    columns = {"key": keys}
    for number in range(4):
        columns[f"n{number}"] = random.integers(0, 1 << 40, count)
    for number in range(2):
        columns[f"x{number}"] = random.random(count)
    columns["day"] = pyarrow.array(random.integers(0, 20_000, count).astype("int32")).cast("date32")
    numbers = pyarrow.array(random.integers(0, 100_000, count)).cast("string")
    columns["name"] = pc.binary_join_element_wise("name", numbers, " ")
    columns["flag"] = random.random(count) < 0.5
    return pyarrow.table(columns)


def measure(lakes, files, rounds):
    folder = lakes[0].folder
    for name in ("rows", "changes"):
        os.link(files / f"{name}.parquet", folder / f"{name}.parquet")
    wanted = expected(files)
    names = [lake.name for lake in lakes]
    times = {step: {name: [] for name in names} for step in STEPS}
    peaks = {step: {} for step in STEPS}
    figures = Figures(f"Delta, median s of {rounds}", names)
    memories = Figures("peak memory while doing so, MiB", names)
    for round_number in range(rounds):
        for lake in lakes:
            table = f"delta-{lake.name}-{round_number}"
            actions = (
                lambda lake=lake, table=table: lake.append("rows.parquet", table),
                lambda lake=lake, table=table: lake.merge("changes.parquet", table),
                lambda lake=lake, table=table: lake.read(table, LOW, HIGH),
            )
            answer = None
            for step, action in zip(STEPS, actions, strict=True):
                memory = lake.memory()
                try:
                    seconds, answer = timed(action)
                except Exception as error:
                    figures.fail(step, lake.name, error)
                    break
                say(f"{step}: {lake.name} {seconds:.2f} s, {memory.peak():.0f} MiB")
                times[step][lake.name].append(seconds)
                peaks[step][lake.name] = max(peaks[step].get(lake.name, 0), memory.peak())
            else:
                for wrong in differences(folder / table, answer, wanted):
                    figures.fail("merged table", lake.name, f"WRONG ANSWER: {wrong}")
    for step in STEPS:
        figures.add(step, {name: median(all) for name, all in times[step].items()})
        memories.add(step, peaks[step], digits=0)
    figures.print()
    memories.print()
    return figures.failures


def expected(files):
    """Number and sum of what the merged table holds, in all and between LOW and HIGH."""
    old = pq.read_table(files / "rows.parquet", columns=["key", "n0"])
    new = pq.read_table(files / "changes.parquet", columns=["key", "n0"])
    kept = old.filter(pc.invert(pc.is_in(old["key"], new["key"])))
    merged = pyarrow.concat_tables([kept, new])
    between = pc.and_(pc.greater_equal(merged["key"], LOW), pc.less(merged["key"], HIGH))
    return facts(merged), facts(merged.filter(between))


def facts(table):
    return table.num_rows, pc.sum(table["n0"]).as_py()


def differences(path, answer, wanted):
    """The independent reader's view of a table, and the answer of the one who merged it."""
    whole = facts(DeltaTable(path).to_pyarrow_dataset().to_table(columns=["key", "n0"]))
    if whole != wanted[0]:
        yield f"the table holds {whole} (rows, sum) instead of {wanted[0]}"
    if facts(answer) != wanted[1]:
        yield f"the filter gave {facts(answer)} (rows, sum) instead of {wanted[1]}"


def commits(lakes, rounds):
    figures = Figures(f"Delta log of {N_COMMITS:,} commits, s", [lake.name for lake in lakes])
    folder = lakes[0].folder
    for kind in ("no checkpoint", "checkpoint"):
        table = f"commits-{kind.replace(' ', '-')}"
        write_log(folder / table)
        if kind == "checkpoint":
            DeltaTable(folder / table).create_checkpoint()
        first, again, counted = {}, {}, {}
        for lake in lakes:
            try:
                first[lake.name], _ = timed(lambda lake=lake, table=table: lake.open(table))
                times = [
                    timed(lambda lake=lake, table=table: lake.open(table))[0] for _ in range(rounds)
                ]
                again[lake.name] = median(times)
                counted[lake.name], n_rows = timed(lambda lake=lake, table=table: lake.count(table))
                if n_rows != N_COMMITS:
                    figures.fail(kind, lake.name, f"WRONG ANSWER: {n_rows} rows")
            except Exception as error:
                figures.fail(kind, lake.name, error)
        figures.add(f"{kind}: opened first", first)
        figures.add(f"{kind}: opened again, median of {rounds}", again)
        figures.add(f"{kind}: rows counted", counted)
    figures.print()
    return figures.failures


def write_log(path):
    """A table of one row a commit; all its files are one file under many names."""
    log = path / "_delta_log"
    log.mkdir(parents=True)
    content = path / "content.parquet"
    pq.write_table(pyarrow.table({"key": [1], "name": ["one"]}), content)
    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in (("key", "long"), ("name", "string"))
    ]
    metadata = {
        "id": "00000000-0000-4000-8000-000000000001",
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": [],
        "configuration": {},
        "createdTime": 1_700_000_000_000,
    }
    first = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": metadata}]
    commit(log, 0, first)
    statistics = {"numRecords": 1, "minValues": {"key": 1}, "maxValues": {"key": 1}}
    for version in range(1, N_COMMITS + 1):
        name = f"part-{version:05}.parquet"
        os.link(content, path / name)
        add = {
            "path": name,
            "partitionValues": {},
            "size": content.stat().st_size,
            "modificationTime": 1_700_000_000_000 + version,
            "dataChange": True,
            "stats": json.dumps({**statistics, "nullCount": {"key": 0, "name": 0}}),
        }
        commit(log, version, [{"add": add}])
    content.unlink()


def commit(log, version, actions):
    info = {"timestamp": 1_700_000_000_000 + version, "operation": "WRITE"}
    lines = [json.dumps(action) for action in ({"commitInfo": info}, *actions)]
    (log / f"{version:020}.json").write_text("\n".join(lines) + "\n")
