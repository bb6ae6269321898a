"""One session for all tests of a client; the address comes from SPARK_REMOTE, as for any user."""

import pytest
from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark():
    session = SparkSession.builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def people(spark):
    rows = [
        (1, "Ann", 31.5, None),
        (2, "Bob", 25.0, "x"),
        (3, "Cyd", None, "y"),
        (3, "Dee", 8.0, "y"),
    ]
    return spark.createDataFrame(rows, "id int, name string, score double, team string")
