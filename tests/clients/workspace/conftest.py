"""The workspace under test, as its ready line describes it."""

import json
import os

import pytest


@pytest.fixture(scope="session")
def ready():
    return json.loads(os.environ["SPARRING_READY"])


@pytest.fixture(scope="session")
def spark(ready):
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(ready["spark_remote"]).getOrCreate()
    yield session
    session.stop()
