"""Tables that the engine writes, read by delta-rs from Python, and the other way round."""

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake


def test_a_table_of_ours_is_read_by_deltalake(spark, ready):
    frame = spark.sql("SELECT id, id % 3 AS k, concat('n', id) AS name FROM range(10)")
    frame.write.format("delta").partitionBy("k").save("/tmp/cross")
    frame.write.format("delta").mode("append").save("/tmp/cross")
    table = DeltaTable(f"{ready['data_dir']}/dbfs/tmp/cross")
    assert table.version() == 1
    found = table.to_pyarrow_table()
    assert found.num_rows == 20
    assert sorted(found.column_names) == ["id", "k", "name"]
    assert table.metadata().partition_columns == ["k"]


def test_a_table_of_deltalake_is_read_by_ours(spark, ready):
    table = pa.table({"a": pa.array([1, 2], pa.int32()), "b": ["x", None]})
    write_deltalake(f"{ready['data_dir']}/dbfs/tmp/theirs", table)
    frame = spark.read.format("delta").load("/tmp/theirs").orderBy("a")
    assert [tuple(row) for row in frame.collect()] == [(1, "x"), (2, None)]
    assert frame.schema.simpleString() == "struct<a:int,b:string>"
