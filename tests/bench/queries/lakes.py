"""Those who keep Delta tables, with the same four verbs: Spark Connect servers and `deltalake`."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import library
from engines import Memory


class ServerTables:
    """Delta tables through a Spark Connect server."""

    def __init__(self, server):
        self.server, self.name, self.folder = server, server.name, server.folder

    def append(self, source, table):
        rows = self.server.session.read.parquet(self.server.path(source))
        rows.write.format("delta").mode("append").save(self.server.path(table))

    def merge(self, source, table):
        self.server.view("changes", source)
        self.server.session.sql(
            f"MERGE INTO delta.`{self.server.path(table)}` AS target USING changes"
            " ON target.key = changes.key"
            " WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        ).collect()

    def read(self, table, low, high):
        return self.frame(table).where(f"key >= {low} AND key < {high}").toArrow()

    def open(self, table):
        return len(self.frame(table).schema)

    def count(self, table):
        return self.frame(table).count()

    def frame(self, table):
        return self.server.session.read.format("delta").load(self.server.path(table))

    def memory(self):
        return self.server.memory()


class LibraryTables:
    """Delta tables with the Python package `deltalake`, in a process whose memory is its own."""

    name = "deltalake"

    def __init__(self, folder):
        self.folder = folder
        # Spawned, since a forked process would begin with all of this one's memory.
        spawn = multiprocessing.get_context("spawn")
        self.worker = ProcessPoolExecutor(1, mp_context=spawn)
        self.pid = self.run(os.getpid)

    def run(self, action, *arguments):
        return self.worker.submit(action, *arguments).result()

    def append(self, source, table):
        self.run(library.append, self.folder / source, self.folder / table)

    def merge(self, source, table):
        self.run(library.merge, self.folder / source, self.folder / table)

    def read(self, table, low, high):
        return self.run(library.read, self.folder / table, low, high)

    def open(self, table):
        return self.run(library.open_table, self.folder / table)

    def count(self, table):
        return self.run(library.count, self.folder / table)

    def memory(self):
        return Memory(self.pid)

    def stop(self):
        self.worker.shutdown()
