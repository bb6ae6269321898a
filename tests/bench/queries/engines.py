"""What is measured: Spark Connect servers, each a process of its own, and libraries in this one.

All have the same two verbs for queries, `view` and `collect`, so that a measurement is written once.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.session import SparkSession

# grpcio offers gzip unless it is told to offer nothing; a server that takes the offer pays for it.
IDENTITY_ONLY = [("grpc.compression_enabled_algorithms_bitset", 1)]
MIB = 1 << 20


class Server:
    """A Spark Connect server with a session; `root` is how it names the files in `folder`."""

    def __init__(self, name, process, remote, root, folder, identity_only=False):
        self.name, self.process, self.remote = name, process, remote
        self.root, self.folder, self.identity_only = root, folder, identity_only
        self.session = self.connect()

    def connect(self):
        options = IDENTITY_ONLY if self.identity_only else []
        builder = DefaultChannelBuilder(self.remote, channelOptions=options)
        return SparkSession.builder.channelBuilder(builder).create()

    def view(self, name, file):
        path = self.path(file)
        self.session.read.parquet(path).createOrReplaceTempView(name)

    def collect(self, query):
        return self.session.sql(query).toArrow()

    def numbers(self, count):
        """A relation with the one column `id`, from 0."""
        return f"range({count})"

    def path(self, name):
        return f"{self.root}/{name}"

    def memory(self):
        return Memory(self.process.pid)

    def cpu_seconds(self):
        # `man 5 proc`: fields 14 and 15 of stat, counted from the end of the name in brackets.
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        # Clients first: PySpark's exit hooks retry for minutes against a server that is gone.
        self.session.stop()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Memory:
    """How the resident memory of a process grows from here on, in MiB."""

    def __init__(self, pid):
        self.pid = pid
        # `man 5 proc`: writing 5 resets the peak to what is resident now.
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self.before = self.line("VmRSS")

    def line(self, name):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)[1]) / 1024

    def peak(self):
        return self.line("VmHWM")

    def growth(self):
        return self.peak() - self.before


class DataFusion:
    """Bare DataFusion in this process, no protocol and no Spark."""

    name = "datafusion"

    def __init__(self, folder):
        from datafusion import SessionContext

        self.folder, self.context = folder, SessionContext()

    def view(self, name, file):
        self.context.register_parquet(name, str(self.folder / file))

    def collect(self, query):
        return self.context.sql(query).to_arrow_table()

    def numbers(self, count):
        return f"(SELECT value AS id FROM range(0, {count}))"

    def memory(self):
        return None

    def cpu_seconds(self):
        # The client's work for other engines is not in it: they do not run at the same time.
        return time.process_time()

    def stop(self):
        self.context = None


def sparring(program, folder, **options):
    """Starts sparring on `folder`; its paths `file:/x` lie in the sub-folder `driver`."""
    config = folder / "sparring.toml"
    config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in options.items()))
    command = [program, "serve", "--listen", "127.0.0.1:0", "--no-auth", "--config", config]
    process = start(
        [*command, "--data-dir", folder], folder / "sparring.log", stdout=subprocess.PIPE
    )
    line = process.stdout.readline()
    if not line:
        sys.exit(f"{program} did not start:\n{(folder / 'sparring.log').read_text()}")
    remote = json.loads(line)["spark_remote"]
    return Server("sparring", process, remote, "file:", folder / "driver")


def pysail(folder, identity_only=False):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pysail", "spark", "server", "--ip", "127.0.0.1"]
    process = start(
        [*command, "--port", str(port)], folder / "pysail.log", stdout=subprocess.DEVNULL
    )
    wait_for(port, process, folder / "pysail.log")
    files = folder / "driver"
    name = "pysail, identity" if identity_only else "pysail"
    return Server(name, process, f"sc://127.0.0.1:{port}", str(files), files, identity_only)


def start(command, log, stdout):
    with log.open("a") as errors:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SPARRING_")}
        # In a session of its own: an interrupt from the terminal must reach this process alone,
        # which stops its clients before the servers.
        return subprocess.Popen(
            [str(part) for part in command],
            stdout=stdout,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )


def wait_for(port, process, log):
    patience = time.monotonic() + 60
    while time.monotonic() < patience and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"no server came up on port {port}:\n{log.read_text()}")
