"""A real `sparring serve` that is started, killed and started again on one data directory."""

import json
import os
import signal
import subprocess
import tempfile

from pyspark.sql import SparkSession

# None is collected before the end: collecting closes it, and where that happens within the start of
# one of gRPC's threads, PySpark waits for itself.
sessions = []


class Server:
    """The process; its ready line says where it listens."""

    def __init__(self, data_dir, binary=None, under=(), **options):
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*under, *command(data_dir, binary)],
            stdout=subprocess.PIPE,
            stderr=self.said,
            text=True,
            **options,
        )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start: {self.ended()}")
        self.remote = json.loads(line)["spark_remote"]

    def session(self):
        """A session that does not wait for a server that is gone."""
        spark = SparkSession.builder.remote(self.remote).create()
        spark.client.set_retry_policies([])
        sessions.append(spark)
        return spark

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.ended()

    def ended(self):
        """What it had to say, once it has ended."""
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.said.seek(0)
        return self.said.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


def command(data_dir, binary=None):
    """The command line; an open file is a binary that another user may not find by its name."""
    program = os.environ["SPARRING_BINARY"] if binary is None else f"/proc/self/fd/{binary}"
    return [program, "serve", "--listen", "127.0.0.1:0", "--data-dir", str(data_dir)]


def refused(data_dir, **options):
    """What a server says that does not start."""
    try:
        server = Server(data_dir, **options)
    except RuntimeError as error:
        return str(error)
    server.kill()
    raise AssertionError("the server started")
