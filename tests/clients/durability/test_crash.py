"""The server is killed at random moments while clients change tables and the catalog.

What was answered has to be there afterwards; of what was not, all or nothing. Every time the server
itself opens the directory again; now and then and at the end `deltalake` reads all tables too.
"""

import os
import random
import subprocess
import threading

from deltalake import DeltaTable
from model import Client, observe, ordered
from server import Server, command

CLIENTS = 2


def test_answered_changes_survive_kill_9(tmp_path):
    seed = int(os.environ.get("SPARRING_SEED", random.SystemRandom().randrange(2**32)))
    n_kills = int(os.environ.get("SPARRING_KILLS", "200"))
    print(f"SPARRING_SEED={seed}")
    rng = random.Random(seed)
    clients = [Client(f"main.s{i}", random.Random(rng.random())) for i in range(CLIENTS)]
    pending = [None] * CLIENTS
    n_answered = n_cut = n_applied = 0
    with Server(tmp_path) as server:
        spark = server.session()
        for client in clients:
            spark.sql(f"CREATE SCHEMA {client.schema}").collect()
        server.kill()
    for n in range(n_kills):
        if rng.random() < 0.1:
            # While it opens the directory.
            killed_early(tmp_path, rng)
        with Server(tmp_path) as server:
            places = {}
            spark = server.session()
            for i, client in enumerate(clients):
                found, where = observe(spark, client.schema)
                places.update({client.name(name): path for name, path in where.items()})
                allowed = [client.state] if pending[i] is None else [client.state, pending[i][1]]
                assert found in allowed, (seed, n, pending[i], found, allowed)
                if pending[i] is not None:
                    n_cut += 1
                    n_applied += found != client.state
                client.state, pending[i] = found, None
            threads = [
                threading.Thread(target=work, args=(server, client, pending, i))
                for i, client in enumerate(clients)
            ]
            begun = threading.Barrier(CLIENTS + 1)
            for client in clients:
                client.begun, client.n_answered, client.failure = begun, 0, None
            for thread in threads:
                thread.start()
            begun.wait()
            # Nothing is waited for: this is the random moment.
            threading.Event().wait(rng.uniform(0, 0.12))
            server.kill()
            for thread in threads:
                thread.join()
            for client in clients:
                assert client.failure is None, (seed, n, client.failure)
                n_answered += client.n_answered
        if n % 25 == 24 or n == n_kills - 1:
            read_by_deltalake(tmp_path, clients, pending, places, seed)
    print(f"{n_kills} kills, {n_answered} answered, {n_cut} cut off, {n_applied} of them applied")
    # Neither is a test if nothing happens.
    assert n_answered > n_kills / 2
    assert n_cut > n_kills


def killed_early(data_dir, rng):
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command(data_dir), **silent)
    threading.Event().wait(rng.uniform(0, 0.03))
    process.kill()
    process.wait()


def work(server, client, pending, i):
    """Changes one after the other, until the server is gone."""
    try:
        spark = server.session()
    finally:
        client.begun.wait()
    while True:
        call, after = client.next()
        pending[i] = (call, after)
        try:
            call(spark)
        except Exception as error:
            if server.process.poll() is None and not gone(error):
                client.failure = error
            return
        client.state, pending[i] = after, None
        client.n_answered += 1


def gone(error):
    """Whether the connection broke, and not the server refused."""
    return "UNAVAILABLE" in str(error) or "Socket closed" in str(error)


def read_by_deltalake(data_dir, clients, pending, places, seed):
    """Tables that nobody was changing show their last state; all of them can be read."""
    for i, client in enumerate(clients):
        for name, table in client.state.tables.items():
            path = places.get(client.name(name))
            if not table.delta or path is None or not os.path.isdir(path):
                continue
            found = DeltaTable(path)
            if pending[i] is not None and pending[i][1].tables.get(name) != table:
                found.to_pyarrow_table()
                continue
            rows = found.to_pyarrow_table().to_pylist()
            rows = ordered(tuple(row[column] for column in table.columns) for row in rows)
            assert rows == table.rows, (seed, name)
