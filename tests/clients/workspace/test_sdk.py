"""The real databricks-sdk against the REST side."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied, Unauthenticated
from databricks.sdk.service.compute import State
from pyspark.sql import SparkSession


@pytest.fixture
def client(ready):
    return WorkspaceClient(host=ready["https"].replace("https", "http"), token=ready["token"])


def test_the_user_is_known(client):
    assert client.current_user.me().user_name


def test_the_cluster_runs_and_is_listed(client, ready):
    cluster = client.clusters.get(ready["cluster_id"])
    assert cluster.state == State.RUNNING
    assert ready["cluster_id"] in [known.cluster_id for known in client.clusters.list()]
    assert client.clusters.ensure_cluster_is_running(ready["cluster_id"]) is None


def test_a_cluster_that_is_off_is_started_and_waited_for(client, ready):
    stopped = ready["stopped_cluster_id"]
    remote = ready["spark_remote"].replace(ready["cluster_id"], stopped)
    assert client.clusters.get(stopped).state == State.TERMINATED
    with pytest.raises(Exception, match="TERMINATED; start it first"):
        SparkSession.builder.remote(remote).create().version  # noqa: B018
    client.clusters.start(stopped)
    assert client.clusters.get(stopped).state == State.PENDING
    # The workspace says for how long to wait, and PySpark does.
    spark = SparkSession.builder.remote(remote).create()
    assert spark.range(3).count() == 3
    spark.stop()
    assert client.clusters.get(stopped).state == State.RUNNING
    assert client.clusters.ensure_cluster_is_running(stopped) is None


def test_an_unknown_cluster_is_named(client):
    with pytest.raises(Exception, match="0101-000000-nowhere0"):
        client.clusters.get("0101-000000-nowhere0")


def test_what_is_not_offered_is_refused_by_name(client):
    with pytest.raises(NotFound, match="jobs/list"):
        list(client.jobs.list())


def test_a_wrong_token_is_refused(ready):
    client = WorkspaceClient(host=ready["https"].replace("https", "http"), token="dapi-wrong")
    with pytest.raises((PermissionDenied, Unauthenticated)):
        client.current_user.me()


def test_spark_and_rest_agree_on_the_user(spark, client):
    user = spark.sql("SELECT current_user() AS u").first().u
    assert user == client.current_user.me().user_name
