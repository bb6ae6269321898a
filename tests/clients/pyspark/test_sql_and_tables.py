"""SQL, files and Delta tables through a real client."""

import datetime
import uuid

import pyspark
import pytest
from pyspark.sql import functions as F


@pytest.fixture
def schema(spark):
    name = f"main.s{uuid.uuid4().hex[:8]}"
    spark.sql(f"CREATE SCHEMA {name}")
    yield name
    spark.sql(f"DROP SCHEMA {name} CASCADE")


def rows(frame):
    return [tuple(row) for row in frame.collect()]


def test_queries(spark):
    query = """
        WITH v AS (SELECT * FROM VALUES (1, 'a'), (2, 'b'), (2, 'c') AS t(k, v))
        SELECT k, count(*) AS n, max(v) AS last FROM v WHERE k IN (SELECT 2) GROUP BY k HAVING n > 1
    """
    assert rows(spark.sql(query)) == [(2, 2, "c")]


def test_parameters(spark):
    assert rows(spark.sql("SELECT :x + 1 AS y", args={"x": 41})) == [(42,)]


def test_a_table_is_saved_read_and_appended(spark, schema):
    frame = spark.range(3).withColumn("half", F.col("id") / 2)
    frame.write.saveAsTable(f"{schema}.t")
    frame.write.mode("append").saveAsTable(f"{schema}.t")
    assert spark.table(f"{schema}.t").count() == 6
    frame.limit(1).write.mode("overwrite").saveAsTable(f"{schema}.t")
    assert spark.read.table(f"{schema}.t").count() == 1
    before = spark.read.option("versionAsOf", 1).table(f"{schema}.t")
    assert before.count() == 6
    # A moment may be any expression without columns.
    with pytest.raises(Exception, match="DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION"):
        spark.sql(f"SELECT * FROM {schema}.t TIMESTAMP AS OF current_date() - 400").collect()
    with pytest.raises(Exception, match="DELTA_TIMESTAMP_GREATER_THAN_COMMIT"):
        spark.sql(f"SELECT * FROM {schema}.t TIMESTAMP AS OF timestamp'2999-01-01'").collect()
    with pytest.raises(Exception, match="TABLE_OR_VIEW_ALREADY_EXISTS"):
        frame.write.saveAsTable(f"{schema}.t")


@pytest.mark.parametrize("name", ["a b", "a#b?c", "a%20b", "größe", "a.b", "x~y-z"])
def test_any_name_names_a_table(spark, schema, name):
    spark.sql(f"CREATE TABLE {schema}.`{name}` AS SELECT 1 AS one")
    spark.sql(f"INSERT INTO {schema}.`{name}` VALUES (2)")
    assert rows(spark.table(f"{schema}.`{name}`").orderBy("one")) == [(1,), (2,)]
    path = f"dbfs:/tmp/{uuid.uuid4().hex}/{name}"
    for mode in "error", "append":
        spark.range(1).write.format("delta").mode(mode).save(path)
    assert spark.read.format("delta").load(path).count() == 2


def test_merge(spark, schema):
    spark.sql(f"CREATE TABLE {schema}.target (id INT, v STRING) USING delta")
    spark.sql(f"INSERT INTO {schema}.target VALUES (1, 'old'), (2, 'old')")
    spark.createDataFrame([(2, "new"), (3, "new")], "id int, v string").createOrReplaceTempView(
        "changes"
    )
    spark.sql(
        f"MERGE INTO {schema}.target t USING changes c ON t.id = c.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    found = spark.table(f"{schema}.target").orderBy("id")
    assert rows(found) == [(1, "old"), (2, "new"), (3, "new")]


def test_update_delete_and_history(spark, schema):
    spark.sql(f"CREATE TABLE {schema}.t AS SELECT id, id % 2 AS odd FROM range(6)")
    spark.sql(f"DELETE FROM {schema}.t WHERE odd = 1")
    spark.sql(f"UPDATE {schema}.t SET odd = 9 WHERE id = 4")
    assert rows(spark.table(f"{schema}.t").orderBy("id")) == [(0, 0), (2, 0), (4, 9)]
    history = spark.sql(f"DESCRIBE HISTORY {schema}.t").collect()
    assert [row.version for row in history] == [2, 1, 0]
    assert [row.readVersion for row in history] == [1, 0, None]
    assert [row.operation for row in history][:2] == ["UPDATE", "DELETE"]
    assert isinstance(history[0].operationMetrics, dict)
    assert history[0].timestamp > datetime.datetime(2026, 1, 1)
    [detail] = spark.sql(f"DESCRIBE DETAIL {schema}.t").collect()
    assert (detail.format, detail.partitionColumns, detail.properties) == ("delta", [], {})
    assert detail.createdAt <= detail.lastModified


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "delta"])
def test_files(spark, kind):
    path = f"/Volumes/main/default/files/{kind}-{uuid.uuid4().hex}"
    spark.sql("CREATE VOLUME IF NOT EXISTS main.default.files")
    frame = spark.createDataFrame([(1, "a,b"), (2, None)], "id int, text string")
    writer = frame.write.format(kind)
    if kind == "csv":
        writer = writer.option("header", True)
    writer.save(path)
    reader = spark.read.format(kind)
    if kind == "csv":
        reader = reader.option("header", True).option("inferSchema", True)
    found = reader.load(path).select("id", "text").orderBy("id")
    assert rows(found) == [(1, "a,b"), (2, None)]


def test_partitions(spark):
    path = f"dbfs:/tmp/{uuid.uuid4().hex}"
    frame = spark.range(10).withColumn("k", F.col("id") % 2)
    frame.write.partitionBy("k").parquet(path)
    found = spark.read.parquet(path).filter("k = 1")
    assert found.count() == 5
    assert sorted(found.columns) == ["id", "k"]
    # As in Spark: only the partitions that are written are replaced.
    one = spark.range(1).withColumn("k", F.lit(1))
    overwrite = one.write.mode("overwrite").partitionBy("k")
    overwrite.option("partitionOverwriteMode", "dynamic").parquet(path)
    counts = spark.read.parquet(path).groupBy("k").count().orderBy("k")
    assert rows(counts) == [(0, 5), (1, 1)]


def test_the_clients_disk_is_out_of_reach(spark, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(Exception, match="PATH_NOT_FOUND"):
        spark.read.csv(str(tmp_path / "secret.csv")).collect()


def test_catalog(spark, schema):
    spark.sql(f"CREATE TABLE {schema}.t (a INT NOT NULL COMMENT 'first', b DATE)")
    assert spark.catalog.tableExists(f"{schema}.t")
    assert [(c.name, c.dataType) for c in spark.catalog.listColumns(f"{schema}.t")] == [
        ("a", "int"),
        ("b", "date"),
    ]
    assert "t" in [row.tableName for row in spark.sql(f"SHOW TABLES IN {schema}").collect()]


def test_times(spark):
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    found = spark.sql(
        "SELECT DATE'2024-02-29' + INTERVAL 1 YEAR, date_trunc('month', DATE'2024-02-29')"
    )
    assert rows(found) == [(datetime.date(2025, 2, 28), datetime.datetime(2024, 2, 1))]


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("SELECT nope FROM range(1)", "UNRESOLVED_COLUMN"),
        ("SELECT * FROM nope", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT 1/0", "DIVIDE_BY_ZERO"),
        ("SELECT CAST('x' AS INT)", "CAST_INVALID_INPUT"),
        ("SELEC 1", "PARSE_SYNTAX_ERROR"),
        ("SELECT nope(1)", "UNRESOLVED_ROUTINE"),
        ("SELECT CAST(2147483647 AS INT) + CAST(1 AS INT)", "ARITHMETIC_OVERFLOW"),
    ],
)
def test_errors(spark, query, condition):
    with pytest.raises(Exception, match=condition) as raised:
        spark.sql(query).collect()
    # Clients before 4.0 keep the message and drop what else the server says.
    if pyspark.__version__ >= "4":
        assert raised.value.getCondition().startswith(condition)
        assert raised.value.getSqlState()


def test_an_error_says_where_the_program_asked_for_it(spark):
    if pyspark.__version__ < "4":
        pytest.skip("clients before 4.0 do not say where they were called")
    with pytest.raises(Exception, match="DIVIDE_BY_ZERO") as raised:
        spark.range(1).select(F.col("id") / F.lit(0)).collect()
    [context] = raised.value.getQueryContext()
    assert context.fragment() == "__truediv__"
    assert "test_sql_and_tables.py:" in context.callSite()
    assert context.summary().startswith('== DataFrame ==\n"__truediv__" was called from\n')


def test_a_delta_table_keeps_its_types(spark, schema):
    """After `SchemaMergingUtils` of Delta: only its V2 writes cast."""
    name = f"{schema}.typed"
    spark.range(2).withColumn("n", F.lit(1)).write.saveAsTable(name)
    path = f"dbfs:/typed/{schema}"
    spark.range(2).write.format("delta").save(path)

    other = spark.range(2).select(F.col("id").cast("double"), F.lit(1).alias("n"))
    narrower = spark.range(2).select(F.col("id").cast("int"))
    small = spark.range(2).withColumn("n", F.lit(1).cast("short"))
    for write in (
        lambda: other.write.mode("overwrite").saveAsTable(name),
        lambda: narrower.write.format("delta").mode("append").save(path),
        lambda: narrower.write.format("delta").mode("overwrite").save(path),
    ):
        with pytest.raises(Exception, match="DELTA_FAILED_TO_MERGE_FIELDS"):
            write()
    other.write.mode("append").saveAsTable(name)
    small.write.mode("overwrite").saveAsTable(name)
    narrower.write.mode("overwrite").option("overwriteSchema", "true").saveAsTable(name)
    assert spark.table(name).schema.simpleString() == "struct<id:int>"


def test_a_delta_column_has_no_odd_name(spark, schema):
    odd = spark.range(1).select(F.count("*").alias("count(1)"), F.lit(1).alias("a b"))
    with pytest.raises(Exception, match=r"column names: `?count\(1\)`?, `?a b`?"):
        odd.write.saveAsTable(f"{schema}.odd")
    with pytest.raises(Exception, match="DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES"):
        spark.range(1).selectExpr("struct(1 AS `x=y`) AS s").write.saveAsTable(f"{schema}.odd")
    odd.write.format("parquet").saveAsTable(f"{schema}.odd")
