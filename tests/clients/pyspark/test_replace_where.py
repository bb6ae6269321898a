"""`replaceWhere` and its like, after Delta's own tests and documentation."""

import uuid

import pyspark
import pytest
from pyspark.sql import functions as F

CHECK = "spark.databricks.delta.replaceWhere.constraintCheck.enabled"


@pytest.fixture
def table(spark):
    """Rows 0 to 9 in two files and two partitions each."""
    schema = f"main.s{uuid.uuid4().hex[:8]}"
    spark.sql(f"CREATE SCHEMA {schema}")
    name = f"{schema}.t"
    halves = [spark.range(5), spark.range(5, 10)]
    for half in halves:
        with_columns(half).write.mode("append").partitionBy("odd").saveAsTable(name)
    yield name
    spark.sql(f"DROP SCHEMA {schema} CASCADE")


def with_columns(frame):
    return frame.withColumn("name", F.concat(F.lit("n"), "id")).withColumn("odd", F.expr("id % 2"))


def new_rows(spark, *ids):
    return with_columns(spark.createDataFrame([(i,) for i in ids], "id long"))


def ids(spark, table):
    return sorted(row.id for row in spark.table(table).collect())


def last(spark, table):
    return spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").first()


def overwrite(frame, condition):
    return frame.write.format("delta").mode("overwrite").option("replaceWhere", condition)


def test_the_rows_that_a_condition_names_are_replaced(spark, table):
    overwrite(new_rows(spark, 2, 3, 3), "id < 4").saveAsTable(table)
    assert ids(spark, table) == [2, 3, 3, 4, 5, 6, 7, 8, 9]
    history = last(spark, table)
    assert history.version == 2
    assert history.operation == "WRITE"
    assert history.operationParameters["mode"] == "Overwrite"
    assert history.operationParameters["predicate"] == "id < 4"
    assert history.isBlindAppend is False
    # Of the first file of each partition, two rows go; only the even one held another, which stays.
    metrics = history.operationMetrics
    assert metrics["numDeletedRows"] == "4"
    assert metrics["numRemovedFiles"] == "2"
    assert metrics["numCopiedRows"] == "1"
    assert metrics["numOutputRows"] == "4"


def test_insert_into_goes_by_place_and_save_by_name(spark, table):
    frame = new_rows(spark, 6, 8).select("odd", "name", "id")
    overwrite(frame, "odd = 0").saveAsTable(table)
    assert ids(spark, table) == [1, 3, 5, 6, 7, 8, 9]
    frame = spark.sql("SELECT 11L, 'n11', 1L")
    overwrite(frame, "odd = 1 AND name <> 'n9'").insertInto(table)
    assert ids(spark, table) == [6, 8, 9, 11]


def test_a_table_by_its_path(spark):
    path = f"dbfs:/tmp/{uuid.uuid4().hex}"
    # Where there is no table yet, the condition is for the history only.
    overwrite(spark.range(4), "id > 100").save(path)
    overwrite(spark.range(7, 9), "id >= 2").save(path)
    frame = spark.read.format("delta").load(path)
    assert sorted(row.id for row in frame.collect()) == [0, 1, 7, 8]
    spark.sql(f"INSERT INTO delta.`{path}` REPLACE WHERE id = 7 SELECT 7L")
    assert spark.read.format("delta").load(path).count() == 4


def test_rows_that_do_not_satisfy_the_condition_are_refused(spark, table):
    for condition in "odd = 1", "id > 3 AND odd = 1":
        with pytest.raises(Exception, match="DELTA_REPLACE_WHERE_MISMATCH") as caught:
            overwrite(new_rows(spark, 7, 6), condition).saveAsTable(table)
        assert "- odd : 0" in str(caught.value)
        assert f"constraint '{condition}'" in str(caught.value)
    # A condition that is null is not satisfied, and takes no row away.
    with pytest.raises(Exception, match="DELTA_REPLACE_WHERE_MISMATCH"):
        overwrite(spark.sql("SELECT 1L id, null name, 1L odd"), "name = 'a'").saveAsTable(table)
    assert ids(spark, table) == list(range(10))
    assert last(spark, table).version == 1
    spark.conf.set(CHECK, "false")
    try:
        overwrite(new_rows(spark, 6), "odd = 1").saveAsTable(table)
    finally:
        spark.conf.unset(CHECK)
    assert ids(spark, table) == [0, 2, 4, 6, 6, 8]


def test_conditions_without_columns(spark, table):
    overwrite(new_rows(spark, 10), "1 = 2").saveAsTable(table)
    assert ids(spark, table) == list(range(11))
    overwrite(new_rows(spark, 12), "1 = 1").saveAsTable(table)
    assert ids(spark, table) == [12]
    overwrite(new_rows(spark), "id = 12").saveAsTable(table)
    assert ids(spark, table) == []


def test_sql(spark, table):
    spark.sql(f"INSERT INTO {table} REPLACE WHERE id >= 4 AND t.odd = 0 SELECT 20L, 'x', 0L")
    assert ids(spark, table) == [0, 1, 2, 3, 5, 7, 9, 20]
    history = last(spark, table)
    assert history.operationParameters["predicate"] == "((id >= 4) AND (odd = 0))"
    # The rows may come from the table itself.
    again = f"SELECT * FROM {table} WHERE id > 5 AND odd = 1"
    spark.sql(f"INSERT INTO {table} REPLACE WHERE odd = 1 {again}")
    assert ids(spark, table) == [0, 2, 7, 9, 20]


def test_write_to(spark, table):
    new_rows(spark, 1, 2).writeTo(table).overwrite(F.col("id") < 6)
    assert ids(spark, table) == [1, 2, 6, 7, 8, 9]
    assert last(spark, table).operationParameters["predicate"] == "(id < 6)"
    writer = new_rows(spark, 3).writeTo(table).option("replaceWhere", "id = 3")
    with pytest.raises(Exception, match="DELTA_REPLACE_WHERE_IN_OVERWRITE"):
        writer.overwrite(F.col("id") < 6)
    # The client of 3.4 does not know the mode that its own method sends.
    if not pyspark.__version__.startswith("3.4"):
        with pytest.raises(Exception, match="DELTA_REPLACE_WHERE_WITH_DYNAMIC_PARTITION_OVERWRITE"):
            writer.overwritePartitions()
    writer.overwrite(F.lit(True))
    assert ids(spark, table) == [1, 2, 3, 6, 7, 8, 9]


def test_a_partial_overwrite_is_never_dynamic(spark, table):
    dynamic = overwrite(new_rows(spark, 7), "odd = 1").option("partitionOverwriteMode", "dynamic")
    with pytest.raises(Exception, match="DELTA_REPLACE_WHERE_WITH_DYNAMIC_PARTITION_OVERWRITE"):
        dynamic.saveAsTable(table)
    # Of a setting of the session it has the upper hand, and a table without partitions is neither.
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    try:
        overwrite(new_rows(spark, 7), "odd = 1 AND id > 1").saveAsTable(table)
    finally:
        spark.conf.unset("spark.sql.sources.partitionOverwriteMode")
    assert ids(spark, table) == [0, 1, 2, 4, 6, 7, 8]
    path = f"dbfs:/tmp/{uuid.uuid4().hex}"
    spark.range(3).write.format("delta").save(path)
    dynamic = overwrite(spark.range(1), "id < 2").option("partitionOverwriteMode", "dynamic")
    dynamic.save(path)
    assert spark.read.format("delta").load(path).count() == 2


def test_an_append_reads_the_condition_and_that_is_all(spark, table):
    # `WriteIntoDelta` looks at it for overwrites only.
    append = new_rows(spark, 6).write.mode("append").option("replaceWhere", "odd = 1")
    append.saveAsTable(table)
    assert ids(spark, table) == [0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9]


def test_the_schema_stays_unless_it_is_merged(spark, table):
    wider = new_rows(spark, 8).withColumn("extra", F.lit("e"))
    with pytest.raises(Exception, match="DELTA_METADATA_MISMATCH"):
        overwrite(wider, "id = 8").option("overwriteSchema", "true").saveAsTable(table)
    overwrite(wider, "id = 8").option("mergeSchema", "true").saveAsTable(table)
    found = {row.id: row.extra for row in spark.table(table).collect()}
    assert found == {i: "e" if i == 8 else None for i in range(10)}


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ("", "DELTA_FAILED_RECOGNIZE_PREDICATE"),
        ("id <", "DELTA_FAILED_RECOGNIZE_PREDICATE"),
        ("not_a_column = 1", "UNRESOLVED_COLUMN"),
        ("id", "DATATYPE_MISMATCH"),
        ("rand() > 0.5", "DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED"),
        ("id IN (SELECT 1L)", "DELTA_UNSUPPORTED_SUBQUERY"),
    ],
)
def test_conditions_that_are_none(spark, table, condition, error):
    with pytest.raises(Exception, match=error):
        overwrite(new_rows(spark, 1), condition).saveAsTable(table)
    assert last(spark, table).version == 1


def test_other_formats_are_refused(spark):
    name = f"main.default.t{uuid.uuid4().hex[:8]}"
    spark.sql(f"CREATE TABLE {name} (a INT) USING parquet")
    with pytest.raises(Exception, match="Cannot write into v1 table"):
        spark.sql(f"INSERT INTO {name} REPLACE WHERE a = 1 SELECT 1")
    with pytest.raises(Exception, match="replaceWhere"):
        frame = spark.sql("SELECT 1 a")
        frame.write.mode("overwrite").option("replaceWhere", "a = 1").insertInto(name)
    spark.sql(f"DROP TABLE {name}")
