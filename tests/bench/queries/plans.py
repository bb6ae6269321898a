"""How long a wide and deep plan takes to be resolved."""

from figures import Figures, median, timed
from pyspark.sql.connect import functions as F

N_COLUMNS, N_STEPS = 500, 100


def measure(servers, rounds):
    label = f"schema of {N_COLUMNS} columns after {N_STEPS} steps"
    figures = Figures(f"analysis, median ms of {rounds}", [server.name for server in servers])
    values = {}
    for server in servers:
        times = []
        try:
            for round_number in range(rounds + 1):
                # Another plan each time, so that nothing that was resolved before is of use.
                frame = wide_and_deep(server.session, round_number)
                # PySpark's own time for writing the message is not the server's.
                client = server.session.client
                plan = frame._plan.to_proto(client)
                seconds, schema = timed(lambda client=client, plan=plan: client.schema(plan))
                if len(schema) != N_COLUMNS:
                    figures.fail(label, server.name, f"WRONG ANSWER: {len(schema)} columns")
                if round_number > 0:
                    times.append(seconds * 1e3)
        except Exception as error:
            figures.fail(label, server.name, error)
            continue
        values[server.name] = median(times)
    figures.add(label, values, digits=1)
    figures.print()
    return figures.failures


def wide_and_deep(session, salt):
    columns = [(F.col("id") + i + salt).alias(f"c{i}") for i in range(N_COLUMNS)]
    frame = session.range(10).select(*columns)
    for step in range(N_STEPS):
        name = f"c{step * 37 % N_COLUMNS}"
        match step % 4:
            case 0:
                frame = frame.withColumn(name, F.col(name) * 2 + salt)
            case 1:
                frame = frame.filter(F.col(name) > step)
            case 2:
                frame = frame.withColumn(name, F.when(F.col(name) > 5, 1).otherwise(F.col(name)))
            case _:
                kept = [F.col(c) for c in (f"c{i}" for i in range(N_COLUMNS)) if c != name]
                frame = frame.select(*kept, F.coalesce(F.col(name), F.lit(0)).alias(name))
    return frame
