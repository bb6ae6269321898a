"""The verbs of `lakes` with the Python package `deltalake`; runs in a process of its own."""

import pyarrow.dataset
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake


def append(source, table):
    rows = pyarrow.dataset.dataset(source).scanner().to_reader()
    write_deltalake(table, rows, mode="append")


def merge(source, table):
    merger = DeltaTable(table).merge(
        pq.read_table(source),
        "target.key = changes.key",
        source_alias="changes",
        target_alias="target",
    )
    merger.when_matched_update_all().when_not_matched_insert_all().execute()


def read(table, low, high):
    key = pyarrow.dataset.field("key")
    wanted = (key >= low) & (key < high)
    return DeltaTable(table).to_pyarrow_dataset().to_table(filter=wanted)


def open_table(table):
    return len(DeltaTable(table).schema().fields)


def count(table):
    return DeltaTable(table).count()
