"""What goes wrong on the disk is named with file and remedy, and damages nothing."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

import pyarrow.parquet
import pytest
from deltalake import DeltaTable
from server import Server, refused

TABLE = "main.default.t"


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def server(data_dir):
    data_dir.mkdir()
    with Server(data_dir) as server:
        yield server


@pytest.fixture
def spark(server):
    return server.session()


@pytest.fixture
def place(spark):
    """A table of three versions, and where it lies."""
    spark.sql(f"CREATE TABLE {TABLE} AS SELECT id FROM range(3)")
    for i in range(2):
        spark.sql(f"INSERT INTO {TABLE} VALUES ({i + 3})")
    return located(spark)


def located(spark):
    return pathlib.Path(spark.sql(f"DESCRIBE DETAIL {TABLE}").first().location)


def entry(place, version):
    return place / "_delta_log" / f"{version:020}.json"


def ids(spark):
    return sorted(row.id for row in spark.table(TABLE).collect())


def fails(call):
    """The message of what has to fail."""
    with pytest.raises(Exception) as caught:
        call()
    return str(caught.value)


def test_a_second_server_is_refused_and_the_first_goes_on(spark, data_dir, place):
    said = refused(data_dir)
    assert str(data_dir) in said
    assert "in use by another Sparring" in said
    assert "stop the other" in said
    spark.sql(f"INSERT INTO {TABLE} VALUES (9)")
    assert ids(spark) == [0, 1, 2, 3, 4, 9]


def test_another_program_commits_in_between(spark, place):
    # Our server has read version 2; another writes version 3.
    import pyarrow
    from deltalake import write_deltalake

    write_deltalake(place, pyarrow.table({"id": [7]}), mode="append")
    spark.sql(f"INSERT INTO {TABLE} VALUES (8)")
    assert ids(spark) == [0, 1, 2, 3, 4, 7, 8]
    assert DeltaTable(place).version() == 4


def test_a_missing_data_file_is_named(server, data_dir, spark, place):
    [gone] = [path for path in place.glob("*.parquet") if 4 in values(path)]
    gone.unlink()
    for call in (
        lambda: ids(spark),
        lambda: spark.sql(f"SELECT sum(id) FROM {TABLE}").collect(),
        lambda: spark.sql(f"DELETE FROM {TABLE} WHERE id = 0"),
        lambda: spark.sql(f"UPDATE {TABLE} SET id = 1"),
    ):
        message = fails(call)
        assert "FAILED_READ_FILE" in message
        assert "DELTA_FILE_NOT_FOUND_DETAILED" in message
        assert gone.name in message
    # What does not need the file works, and older versions do.
    old = spark.read.option("versionAsOf", 1).table(TABLE)
    assert sorted(row.id for row in old.collect()) == [0, 1, 2, 3]
    spark.sql(f"INSERT OVERWRITE {TABLE} VALUES (5L)")
    assert ids(spark) == [5]


def values(path):
    return pyarrow.parquet.read_table(path).column("id").to_pylist()


def test_a_corrupt_data_file_is_named(spark, place):
    [bad] = [path for path in place.glob("*.parquet") if 4 in values(path)]
    bad.write_bytes(b"no parquet at all")
    message = fails(lambda: ids(spark))
    assert "FAILED_READ_FILE" in message
    assert bad.name in message


@pytest.mark.parametrize("text", ['{"add": {"path": ', "\0\0\0\0", '{"add": 7}', "[]"])
def test_a_corrupt_log_entry_is_named(server, data_dir, spark, place, text):
    kept = entry(place, 2).read_text()
    entry(place, 2).write_text(text)
    server.kill()
    with Server(data_dir) as server:
        spark = server.session()
        for call in (
            lambda: ids(spark),
            lambda: spark.sql(f"INSERT INTO {TABLE} VALUES (8)"),
            lambda: spark.sql(f"DELETE FROM {TABLE}"),
        ):
            message = fails(call)
            assert entry(place, 2).name in message, message
            assert "INTERNAL_ERROR" not in message
        assert not entry(place, 3).exists()
        # The other tables are not touched by it, and once it is mended the table is as it was.
        assert spark.sql("SELECT 1").collect()
        entry(place, 2).write_text(kept)
        assert ids(spark) == [0, 1, 2, 3, 4]


def test_a_gap_in_the_log_is_named(server, data_dir, spark, place):
    kept = entry(place, 1).read_text()
    entry(place, 1).unlink()
    server.kill()
    with Server(data_dir) as server:
        spark = server.session()
        message = fails(lambda: ids(spark))
        assert "DELTA_VERSIONS_NOT_CONTIGUOUS" in message
        assert "0, 2" in message
        entry(place, 1).write_text(kept)
        entry(place, 0).rename(place / "aside")
        message = fails(lambda: ids(spark))
        assert "DELTA_TRUNCATED_TRANSACTION_LOG" in message
        assert entry(place, 0).name in message
        (place / "aside").rename(entry(place, 0))
        assert ids(spark) == [0, 1, 2, 3, 4]


def test_a_log_that_is_gone_altogether(server, data_dir, spark, place):
    shutil.rmtree(place)
    message = fails(lambda: ids(spark))
    assert "DELTA_" in message and "INTERNAL_ERROR" not in message
    spark.sql(f"DROP TABLE {TABLE}")
    spark.sql(f"CREATE TABLE {TABLE} AS SELECT 1L AS id")
    assert ids(spark) == [1]


def test_a_table_is_dropped_while_it_is_read(server, spark):
    spark.sql(f"CREATE TABLE {TABLE} AS SELECT id FROM range(2000000)")
    begun = threading.Event()
    outcome = []

    def read():
        try:
            n_rows = 0
            for row in server.session().table(TABLE).toLocalIterator():
                begun.set()
                n_rows += 1 if row.id >= 0 else 0
            outcome.append(n_rows)
        except Exception as error:
            outcome.append(str(error))
        finally:
            begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    begun.wait()
    spark.sql(f"DROP TABLE {TABLE}")
    reader.join()
    # All rows or an error that says so, never some of the rows.
    [found] = outcome
    assert found == 2000000 or "FAILED_READ_FILE" in found or "TABLE_OR_VIEW_NOT_FOUND" in found
    assert "TABLE_OR_VIEW_NOT_FOUND" in fails(lambda: ids(spark))
    spark.sql(f"CREATE TABLE {TABLE} AS SELECT 5L AS id")
    assert ids(spark) == [5]


def test_a_full_disk_is_named_and_nothing_is_committed(data_dir):
    """No file may grow beyond some 200 kB: as on a full disk, a write fails amid a file."""
    data_dir.mkdir()
    limited = ["sh", "-c", 'ulimit -f 400; exec "$0" "$@"']
    # The signal stays ignored, as it is in Python, so that the write fails and not the process.
    with Server(data_dir, under=limited, restore_signals=False) as server:
        spark = server.session()
        spark.sql(f"CREATE TABLE {TABLE} AS SELECT id, 'x' AS name FROM range(10)")
        place = located(spark)
        large = "SELECT id, concat('n', uuid()) AS name FROM range(20000)"
        for call in (
            lambda: spark.sql(f"INSERT INTO {TABLE} {large}"),
            lambda: spark.sql(f"INSERT OVERWRITE {TABLE} {large}"),
            lambda: spark.sql(f"INSERT INTO {TABLE} REPLACE WHERE id >= 0 {large}"),
            lambda: spark.sql(f"CREATE TABLE main.default.other AS {large}"),
            lambda: spark.sql(f"CREATE OR REPLACE TABLE {TABLE} AS {large}"),
            lambda: spark.sql(large).write.format("delta").save("/tmp/full"),
            lambda: spark.sql(large).write.parquet("/tmp/files"),
        ):
            message = fails(call)
            assert "TASK_WRITE_FAILED" in message, message
            assert "too large" in message, message
        assert len(list(place.glob("*.parquet"))) == 1, "half a file is left behind"
        assert spark.table(TABLE).count() == 10
        assert not spark.catalog.tableExists("main.default.other")
        spark.sql(f"INSERT INTO {TABLE} VALUES (10, 'y')")
        assert spark.table(TABLE).count() == 11
        server.kill()
    with Server(data_dir) as server:
        spark = server.session()
        assert spark.table(TABLE).count() == 11
        spark.sql("CREATE TABLE main.default.other AS SELECT 1 AS a")
    assert DeltaTable(place).to_pyarrow_table().num_rows == 11


def as_nobody():
    """How to start a server that may not write what belongs to us: as another user, if we are one
    who may write everything."""
    if os.geteuid() != 0:
        return {}
    binary = os.open(os.environ["SPARRING_BINARY"], os.O_RDONLY)
    return {"binary": binary, "user": 65534, "group": 65534, "pass_fds": (binary,)}


@pytest.fixture
def unwritable():
    """A data directory with a table that the server under test may not write."""
    # Below a directory that everybody may enter, which those of pytest are not.
    data_dir = pathlib.Path(tempfile.mkdtemp(prefix="sparring-read-only-"))
    with Server(data_dir) as server:
        spark = server.session()
        spark.sql(f"CREATE TABLE {TABLE} AS SELECT id FROM range(3)")
        place = located(spark)
    subprocess.run(["chmod", "-R", "a-w,a+rX", data_dir], check=True)
    yield data_dir, place
    subprocess.run(["chmod", "-R", "u+w", data_dir], check=True)
    shutil.rmtree(data_dir)


def test_a_read_only_data_directory_is_named(unwritable):
    data_dir, place = unwritable
    before = sorted(str(path) for path in data_dir.rglob("*"))
    said = refused(data_dir, **as_nobody())
    assert str(data_dir) in said
    assert "Permission denied" in said
    assert "writable" in said
    assert sorted(str(path) for path in data_dir.rglob("*")) == before
    assert DeltaTable(place).to_pyarrow_table().num_rows == 3


def test_a_read_only_table_is_read_and_not_written(unwritable):
    data_dir, place = unwritable
    # Everything but the table.
    for path in [data_dir, *data_dir.rglob("*")]:
        if place not in [path, *path.parents]:
            path.chmod(0o777 if path.is_dir() else 0o666)
    with Server(data_dir, **as_nobody()) as server:
        spark = server.session()
        assert ids(spark) == [0, 1, 2]
        for call in (
            lambda: spark.sql(f"INSERT INTO {TABLE} VALUES (3)"),
            lambda: spark.sql(f"DELETE FROM {TABLE} WHERE id = 1"),
            lambda: spark.sql(f"ALTER TABLE {TABLE} ADD COLUMNS (a INT)"),
        ):
            message = fails(call)
            assert "Permission denied" in message, message
            assert str(place) in message or place.name in message, message
            assert "INTERNAL_ERROR" not in message, message
        assert ids(spark) == [0, 1, 2]
