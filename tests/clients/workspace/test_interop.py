"""Delta tables between this server and other programs: `deltalake` and `polars`, both directions."""

import datetime as dt
import json
import pathlib
import shutil
import uuid
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import functions as F

EVERY_TYPE = """
    SELECT * FROM VALUES
      (1, true, 1Y, 2S, 3L, 1.5F, 2.5D, 12.34BD, CAST('12345678901234567890.12' AS DECIMAL(38,2)),
       'text', X'00FF', DATE'2024-02-29', TIMESTAMP'2024-02-29 12:30:00.123456Z',
       TIMESTAMP_NTZ'2024-02-29 12:30:00.123456', array(1, null, 3), map('k', 1, 'l', null),
       named_struct('a', 1, 'b', array(named_struct('c', 'deep')))),
      (2, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
      (3, false, -128Y, -32768S, -9223372036854775808L, CAST('NaN' AS FLOAT), CAST('-Infinity' AS DOUBLE),
       -0.01BD, CAST(0 AS DECIMAL(38,2)), '', X'', DATE'0001-01-01', TIMESTAMP'1900-01-01 00:00:00Z',
       TIMESTAMP_NTZ'9999-12-31 23:59:59.999999', array(), map(), named_struct('a', null, 'b', null))
    AS t(i, bo, ti, si, bi, fl, dou, de, big, s, bin, d, ts, ntz, ar, ma, st)
"""

UTC = dt.UTC


@pytest.fixture
def place(ready):
    """A new directory: as the server names it, and on this machine."""
    name = uuid.uuid4().hex
    path = pathlib.Path(ready["data_dir"]) / "dbfs" / "tmp" / name
    return f"dbfs:/tmp/{name}", path


def rows(frame):
    return sorted((tuple(row) for row in frame.collect()), key=repr)


def theirs(path, by="id"):
    """The rows as `deltalake` and as `polars` read them, which have to be the same."""
    found = DeltaTable(path).to_pyarrow_table()
    found = sorted(found.to_pylist(), key=lambda row: repr(row[by]))
    other = pl.scan_delta(str(path)).collect().to_dicts()
    other = sorted(other, key=lambda row: repr(row[by]))
    # They show maps in different ways.
    assert [without(row, "m") for row in other] == [without(row, "m") for row in found]
    return found


def without(row, column):
    return {name: value for name, value in row.items() if name != column}


def test_every_type_is_read_by_others(spark, place):
    uri, path = place
    spark.sql(EVERY_TYPE).write.format("delta").save(uri)
    first, nulls, last = DeltaTable(path).to_pyarrow_table().sort_by("i").to_pylist()
    assert first == {
        "i": 1,
        "bo": True,
        "ti": 1,
        "si": 2,
        "bi": 3,
        "fl": 1.5,
        "dou": 2.5,
        "de": Decimal("12.34"),
        "big": Decimal("12345678901234567890.12"),
        "s": "text",
        "bin": b"\x00\xff",
        "d": dt.date(2024, 2, 29),
        "ts": dt.datetime(2024, 2, 29, 12, 30, 0, 123456, UTC),
        "ntz": dt.datetime(2024, 2, 29, 12, 30, 0, 123456),
        "ar": [1, None, 3],
        "ma": [("k", 1), ("l", None)],
        "st": {"a": 1, "b": [{"c": "deep"}]},
    }
    assert set(nulls.values()) == {2, None}
    assert last["bi"] == -(2**63) and last["d"] == dt.date(1, 1, 1) and last["s"] == ""
    assert last["ntz"] == dt.datetime(9999, 12, 31, 23, 59, 59, 999999)
    assert repr(last["fl"]) == "nan" and last["dou"] == float("-inf")
    other = pl.scan_delta(str(path)).sort("i").collect()
    assert other["big"].to_list() == [first["big"], None, last["big"]]
    assert other["ts"].to_list() == [first["ts"], None, last["ts"]]
    assert other["st"].to_list()[0] == first["st"]
    # And once more after every row has been written again.
    spark.sql(f"UPDATE delta.`{uri}` SET i = i + 10")
    found = DeltaTable(path).to_pyarrow_table().sort_by("i").to_pylist()
    assert found[0] == {**first, "i": 11}


PARTITIONS = [
    ("int", "CAST(7 AS INT)", 7),
    ("string", "'a b%20c+d#e?f/g=h:größe'", "a b%20c+d#e?f/g=h:größe"),
    ("date", "DATE'2024-02-29'", dt.date(2024, 2, 29)),
    (
        "timestamp",
        "TIMESTAMP'2024-02-29 12:30:00.123456Z'",
        dt.datetime(2024, 2, 29, 12, 30, 0, 123456, UTC),
    ),
    (
        "timestamp_ntz",
        "TIMESTAMP_NTZ'2024-02-29 12:30:00'",
        dt.datetime(2024, 2, 29, 12, 30),
    ),
    # A negative one `deltalake` itself cannot read, whoever wrote it.
    ("decimal(10,2)", "CAST(1.05 AS DECIMAL(10,2))", Decimal("1.05")),
    ("boolean", "true", True),
    ("double", "1.5D", 1.5),
    ("bigint", "-9223372036854775808L", -(2**63)),
]


@pytest.mark.parametrize(("kind", "text", "value"), PARTITIONS, ids=[p[0] for p in PARTITIONS])
def test_partitions_of_every_type(spark, place, kind, text, value):
    uri, path = place
    query = f"SELECT 1 AS id, {text} AS k UNION ALL SELECT 2, CAST(NULL AS {kind})"
    spark.sql(query).write.format("delta").partitionBy("k").save(uri)
    assert theirs(path) == [{"id": 1, "k": value}, {"id": 2, "k": None}]
    ours = spark.read.format("delta").load(uri)
    assert ours.where(f"k = {text}").count() == 1
    assert ours.where("k IS NULL").count() == 1
    # The same written by them.
    data = DeltaTable(path).to_pyarrow_table()
    other = path.with_name(path.name + "-theirs")
    write_deltalake(other, data, partition_by=["k"])
    found = spark.read.format("delta").load(f"{uri}-theirs")
    assert rows(found.select("id", "k")) == rows(ours.select("id", "k"))
    assert found.where(f"k = {text}").count() == 1


NAMES = [
    "a b",
    "a%20b",
    "50%",
    "a+b",
    "a#b",
    "a?b",
    "größe",
    "a=b",
    "a:b",
    "a[b]{c}",
    "a'b",
    "日本",
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_of_directories_and_of_partitions(spark, place, name, tmp_path):
    uri, path = place
    uri, path = f"{uri}/{name}", path / name
    frame = spark.createDataFrame([(1, name), (2, None), (3, "x")], "id long, k string")
    frame.write.format("delta").partitionBy("k").save(uri)
    frame.write.format("delta").mode("append").save(uri)
    ours = spark.read.format("delta").load(uri)
    assert rows(ours) == sorted([(1, name), (2, None), (3, "x")] * 2, key=repr)
    assert ours.where(F.col("k") == name).count() == 2
    spark.sql(f"DELETE FROM delta.`{uri}` WHERE id = 3")
    # `deltalake` does not find its own tables below some of these names, so it gets the table
    # below another.
    plain = tmp_path / "plain"
    shutil.copytree(path, plain)
    expected = [{"id": 1, "k": name}] * 2 + [{"id": 2, "k": None}] * 2
    assert theirs(plain) == expected
    more = pa.table({"id": pa.array([4]), "k": [name]})
    write_deltalake(plain, more, mode="append")
    shutil.rmtree(path)
    shutil.copytree(plain, path)
    assert spark.read.format("delta").load(uri).where(F.col("k") == name).count() == 3


def test_after_every_change_others_read_the_same(spark, place):
    uri, path = place
    table = f"delta.`{uri}`"
    frame = spark.range(100).selectExpr("id", "id % 3 AS k", "concat('n', id) AS name")
    frame.write.format("delta").partitionBy("k").save(uri)

    def same():
        ours = rows(spark.read.format("delta").load(uri).select("id", "k", "name"))
        assert sorted(((r["id"], r["k"], r["name"]) for r in theirs(path)), key=repr) == ours
        return len(ours)

    assert same() == 100
    spark.sql(f"DELETE FROM {table} WHERE id < 10")
    assert same() == 90
    spark.sql(f"UPDATE {table} SET name = 'new', k = 7 WHERE id % 10 = 0")
    assert same() == 90
    spark.range(95, 105).selectExpr("id", "0L AS k", "'m' AS name").createOrReplaceTempView(
        "source"
    )
    spark.sql(
        f"MERGE INTO {table} t USING source s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    assert same() == 95
    spark.sql(f"INSERT INTO {table} REPLACE WHERE k = 0 SELECT 200L, 0L, 'r'")
    n_rows = same()
    other = DeltaTable(path)
    other.optimize.compact()
    assert same() == n_rows
    other.optimize.z_order(["id"])
    assert same() == n_rows
    other.create_checkpoint()
    other.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert same() == n_rows
    spark.sql(f"DELETE FROM {table} WHERE id = 200")
    assert same() == n_rows - 1
    [last, *_] = spark.sql(f"DESCRIBE HISTORY {table}").collect()
    assert last.version == DeltaTable(path).version()


def test_many_versions_come_with_checkpoints(spark, place):
    uri, path = place
    name = f"main.default.t{path.name[:8]}"
    spark.sql(
        f"CREATE TABLE {name} (id BIGINT) USING delta LOCATION '{uri}' "
        "TBLPROPERTIES ('delta.checkpointInterval' = '3')"
    )
    for i in range(8):
        spark.sql(f"INSERT INTO delta.`{uri}` VALUES ({i})")
    assert list((path / "_delta_log").glob("*.checkpoint.parquet"))
    assert [row["id"] for row in theirs(path)] == list(range(8))
    # A reader that has nothing but the checkpoint and what is behind it.
    for old in range(6):
        (path / "_delta_log" / f"{old:020}.json").unlink()
    assert [row["id"] for row in theirs(path)] == list(range(8))
    assert spark.read.format("delta").load(uri).count() == 8
    spark.sql(f"INSERT INTO delta.`{uri}` VALUES (8)")
    assert len(theirs(path)) == 9


def wide():
    return pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int64()),
            "k": pa.array(["x", "y", None]),
            "de": pa.array([Decimal("1.10"), None, Decimal("-2.20")], pa.decimal128(10, 2)),
            "ts": pa.array([dt.datetime(2024, 1, 1, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC")),
            "d": pa.array([dt.date(2024, 1, 1), None, dt.date(1970, 1, 1)]),
            "l": pa.array([[1, 2], [], None], pa.list_(pa.int32())),
            "st": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
            "m": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int32())),
        }
    )


@pytest.mark.parametrize("partitioned", [[], ["k"], ["k", "d"]])
@pytest.mark.parametrize("statistics", ["all", "none"])
@pytest.mark.parametrize("writer", ["deltalake", "polars"])
def test_their_tables_are_read_appended_to_and_merged(
    spark, place, writer, statistics, partitioned
):
    uri, path = place
    table = f"delta.`{uri}`"
    options = {} if statistics == "all" else {"delta.dataSkippingNumIndexedCols": "0"}
    if writer == "deltalake":
        write_deltalake(
            path,
            wide(),
            partition_by=partitioned,
            configuration=options,
        )
    else:
        # A map is a list of structs to polars.
        frame = pl.from_arrow(wide().drop_columns("m"))
        given = {"partition_by": partitioned, "configuration": options}
        frame.write_delta(str(path), delta_write_options=given)
    if statistics == "none":
        without_statistics(path)
    ours = spark.read.format("delta").load(uri)
    found = {row.id: row for row in ours.collect()}
    assert found[1].de == Decimal("1.10") and found[1].l == [1, 2] and found[1].st.b == "x"
    assert found[1].ts.astimezone(UTC) == dt.datetime(2024, 1, 1, tzinfo=UTC)
    assert found[2].k == "y" and found[2].d is None
    assert found[3].k is None and found[3].l is None
    assert ours.where("k = 'x' AND d = DATE'2024-01-01'").count() == 1
    assert ours.where("id > 1").count() == 2
    # Appended to, merged and deleted from by us; read by them.
    ours.where("id = 1").withColumn("id", ours.id + 3).write.format("delta").mode("append").save(
        uri
    )
    spark.sql(
        f"MERGE INTO {table} t USING (SELECT * FROM VALUES (2L, 'z'), (9L, 'w') AS s(id, k)) s "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET k = s.k "
        "WHEN NOT MATCHED THEN INSERT (id, k) VALUES (s.id, s.k)"
    )
    spark.sql(f"DELETE FROM {table} WHERE id = 3")
    found = {row["id"]: row["k"] for row in theirs(path)}
    assert found == {1: "x", 2: "z", 4: "x", 9: "w"}
    # They append and checkpoint, and we go on.
    DeltaTable(path).create_checkpoint()
    more = DeltaTable(path).to_pyarrow_table().slice(0, 1)
    write_deltalake(path, more, mode="append")
    assert spark.read.format("delta").load(uri).count() == 5
    spark.sql(f"UPDATE {table} SET k = 'u'")
    assert {row["k"] for row in theirs(path)} == {"u"}


def without_statistics(path):
    """The same table with a log that says nothing of what is in its files."""
    for entry in (path / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in entry.read_text().splitlines()]
        for action in actions:
            action.get("add", {}).pop("stats", None)
        entry.write_text("\n".join(json.dumps(action) for action in actions) + "\n")


def test_their_schema_changes_are_seen(spark, place):
    uri, path = place
    write_deltalake(path, pa.table({"id": pa.array([1], pa.int64())}))
    assert spark.read.format("delta").load(uri).columns == ["id"]
    more = pa.table({"id": pa.array([2], pa.int64()), "extra": ["e"]})
    write_deltalake(path, more, mode="append", schema_mode="merge")
    assert rows(spark.read.format("delta").load(uri)) == [(1, None), (2, "e")]
    write_deltalake(path, pa.table({"other": ["o"]}), mode="overwrite", schema_mode="overwrite")
    assert rows(spark.read.format("delta").load(uri)) == [("o",)]
    old = spark.read.format("delta").option("versionAsOf", 1).load(uri)
    assert rows(old) == [(1, None), (2, "e")]


def test_their_constraints_and_features_are_kept_or_refused(spark, place):
    uri, path = place
    write_deltalake(path, pa.table({"id": pa.array([1], pa.int64())}))
    DeltaTable(path).alter.add_constraint({"positive": "id > 0"})
    assert spark.read.format("delta").load(uri).count() == 1
    # A row against the constraint must not get in, whatever else happens.
    with pytest.raises(Exception, match="positive|constraint|CONSTRAINT"):
        spark.sql(f"INSERT INTO delta.`{uri}` VALUES (-1)")
    assert spark.read.format("delta").load(uri).count() == 1
