"""DataFrames as people write them; what Spark answers was seen from Apache Spark 4.1.4."""

import datetime
import decimal

import pandas as pd
import pytest
from pyspark.sql import Row, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T


def rows(frame):
    return [tuple(row) for row in frame.collect()]


def test_select_and_filter(people):
    frame = people.filter(F.col("score") > 10).select("name", (F.col("id") + 1).alias("next"))
    assert frame.columns == ["name", "next"]
    assert rows(frame) == [("Ann", 2), ("Bob", 3)]


def test_columns_are_added_renamed_and_dropped(people):
    frame = (
        people.withColumn("twice", F.col("id") * 2)
        .withColumns({"up": F.upper("name"), "half": F.col("score") / 2})
        .withColumnRenamed("twice", "double")
        .drop("team", "score")
    )
    assert frame.columns == ["id", "name", "double", "up", "half"]
    assert rows(frame)[0] == (1, "Ann", 2, "ANN", 15.75)


def test_distinct_and_drop_duplicates(people):
    assert people.select("id").distinct().count() == 3
    assert people.dropDuplicates(["id"]).count() == 3


def test_order_and_limit(people):
    frame = people.orderBy(F.desc_nulls_last("score"), "name").limit(2)
    assert [row.name for row in frame.collect()] == ["Ann", "Bob"]
    assert people.orderBy("score").first().name == "Cyd"
    assert [row.name for row in people.orderBy("name").tail(2)] == ["Cyd", "Dee"]


def test_unions(spark, people):
    other = spark.createDataFrame([("Eve", 9)], ["name", "id"])
    both = people.select("id", "name").unionByName(other.select("name", F.col("id").cast("int")))
    assert both.count() == 5
    wide = people.unionByName(other, allowMissingColumns=True)
    assert wide.filter("name = 'Eve'").first().team is None


@pytest.mark.parametrize(
    ("how", "n"),
    [
        ("inner", 3),
        ("left", 4),
        ("right", 5),
        ("outer", 6),
        ("left_semi", 3),
        ("left_anti", 1),
        ("cross", 16),
    ],
)
def test_joins(spark, people, how, n):
    teams = spark.createDataFrame(
        [("x", "reds"), ("y", "blues"), ("z", "greens"), ("zz", "none")], ["team", "title"]
    )
    joined = people.crossJoin(teams) if how == "cross" else people.join(teams, "team", how)
    assert joined.count() == n


def test_self_join_by_dataframe(people):
    right = people.filter("id = 3").select(F.col("id").alias("other"), "team")
    joined = people.join(right, people["id"] == right["other"]).select(
        people["name"], right["team"]
    )
    assert sorted(rows(joined)) == [("Cyd", "y"), ("Cyd", "y"), ("Dee", "y"), ("Dee", "y")]


def test_a_self_join_that_spark_finds_ambiguous(people):
    same = people.filter("id = 3")
    with pytest.raises(Exception, match="AMBIGUOUS_COLUMN_REFERENCE"):
        people.join(same, people["id"] == same["id"]).collect()


def test_group_by(people):
    frame = people.groupBy("id").agg(
        F.count("*").alias("n"), F.avg("score").alias("mean"), F.collect_list("name").alias("names")
    )
    assert rows(frame.orderBy("id"))[-1][:3] == (3, 2, 8.0)
    assert frame.schema["n"].dataType == T.LongType()
    assert not frame.schema["n"].nullable
    assert people.groupBy("team").pivot("id", [1, 2, 3]).sum("score").count() == 3


def test_windows(people):
    by_team = Window.partitionBy("team").orderBy("name")
    frame = people.select(
        "name",
        F.row_number().over(by_team).alias("place"),
        F.lag("name").over(by_team).alias("before"),
        F.sum("id").over(by_team.rowsBetween(Window.unboundedPreceding, 0)).alias("running"),
    )
    assert rows(frame.filter("name = 'Dee'")) == [("Dee", 2, "Cyd", 6)]


def test_explode_and_arrays(spark):
    frame = spark.createDataFrame(
        [(1, [3, 4], {"a": 1})], "id int, xs array<int>, m map<string,int>"
    )
    assert rows(frame.select(F.explode("xs").alias("x"))) == [(3,), (4,)]
    assert rows(frame.select(F.transform("xs", lambda x: x * 10).alias("ys"))) == [([30, 40],)]
    assert rows(frame.select(F.explode("m"))) == [("a", 1)]
    assert rows(frame.select(F.posexplode("xs"))) == [(0, 3), (1, 4)]


def test_missing_values(people):
    assert people.na.drop().count() == 2
    assert people.na.fill({"score": 0.0, "team": "?"}).filter("team = '?'").first().score == 31.5
    assert people.na.replace("Ann", "Anna", "name").first().name == "Anna"


def test_sample_and_random_split(spark):
    numbers = spark.range(1000)
    first, second = numbers.randomSplit([0.7, 0.3], seed=7)
    assert first.count() + second.count() == 1000
    assert first.intersect(second).count() == 0
    assert 0 < numbers.sample(0.5, seed=1).count() < 1000


def test_describe_and_summary(people):
    described = {row.summary: row.id for row in people.describe("id").collect()}
    assert described == {
        "count": "4",
        "mean": "2.25",
        "stddev": "0.9574271077563381",
        "min": "1",
        "max": "3",
    }


def test_rows_of_every_type(spark):
    schema = T.StructType(
        [
            T.StructField("b", T.BooleanType()),
            T.StructField("y", T.ByteType()),
            T.StructField("l", T.LongType()),
            T.StructField("f", T.FloatType()),
            T.StructField("d", T.DecimalType(10, 2)),
            T.StructField("s", T.StringType()),
            T.StructField("x", T.BinaryType()),
            T.StructField("day", T.DateType()),
            T.StructField("at", T.TimestampType()),
            T.StructField("deep", T.ArrayType(T.StructType([T.StructField("k", T.StringType())]))),
        ]
    )
    row = (
        True,
        1,
        2**40,
        1.5,
        decimal.Decimal("12.30"),
        "ü",
        bytearray(b"\x00\xff"),
        datetime.date(2020, 2, 29),
        datetime.datetime(2020, 2, 29, 12, 30),
        [Row(k="v")],
    )
    frame = spark.createDataFrame([row, (None,) * 10], schema)
    assert frame.schema == schema
    assert rows(frame)[0] == row
    assert rows(frame)[1] == (None,) * 10


def test_pandas_both_ways(spark):
    local = pd.DataFrame({"a": [1, 2], "b": ["x", None], "t": pd.to_datetime(["2020-01-01", None])})
    frame = spark.createDataFrame(local)
    assert [field.simpleString() for field in frame.schema.fields] == [
        "a:bigint",
        "b:string",
        "t:timestamp",
    ]
    back = frame.toPandas()
    assert back["a"].tolist() == [1, 2]
    assert back["t"].isna().tolist() == [False, True]


def test_rows_stream_to_the_client(spark):
    total = sum(row.id for row in spark.range(10_000).toLocalIterator())
    assert total == 49_995_000


def test_temporary_views(spark, people):
    people.createOrReplaceTempView("people")
    assert spark.table("people").count() == 4
    assert rows(spark.sql("SELECT count(*) FROM people WHERE team = 'y'")) == [(2,)]
    assert spark.catalog.dropTempView("people")
    assert not spark.catalog.tableExists("people")


def test_cache(people):
    cached = people.cache()
    assert cached.count() == 4
    assert cached.is_cached
    assert not cached.unpersist().is_cached


def test_show(people, capsys):
    people.select("id", "team").show(2)
    assert capsys.readouterr().out == (
        "+---+----+\n| id|team|\n+---+----+\n|  1|NULL|\n|  2|   x|\n+---+----+\n"
        "only showing top 2 rows\n"
    )


def test_print_schema_and_explain(people, capsys):
    people.printSchema()
    assert " |-- score: double (nullable = true)\n" in capsys.readouterr().out
    people.filter("id > 1").explain()
    assert capsys.readouterr().out.startswith("== Physical Plan ==\n")
