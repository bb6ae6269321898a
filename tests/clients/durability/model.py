"""What a client changes, and what has to be there once the change was answered.

A state is what one schema holds. A change is a call and the state that it leads to; where the call
was not answered, the state before it is as good, and nothing in between.
"""

import itertools
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Table:
    columns: tuple  # names
    rows: tuple  # sorted tuples of numbers, texts and nulls
    properties: tuple = ()
    delta: bool = True


@dataclass(frozen=True)
class State:
    tables: dict = field(default_factory=dict)
    views: dict = field(default_factory=dict)  # name: the one number that it shows
    schema: bool = False  # whether there is a second schema, with a table in it

    def put(self, name, table):
        return replace(self, tables={**self.tables, name: table})

    def without(self, name):
        return replace(self, tables={k: v for k, v in self.tables.items() if k != name})


def ordered(rows):
    return tuple(sorted((tuple(row) for row in rows), key=repr))


def observe(spark, schema):
    """The state that the server shows, and where its Delta tables lie."""
    tables, views, places = {}, {}, {}
    shown = {row.viewName for row in spark.sql(f"SHOW VIEWS IN {schema}").collect()}
    for row in spark.sql(f"SHOW TABLES IN {schema}").collect():
        name = row.tableName
        frame = spark.table(f"{schema}.{name}")
        if name in shown:
            views[name] = frame.first()[0]
            continue
        [detail] = spark.sql(f"DESCRIBE DETAIL {schema}.{name}").collect()
        properties = detail.properties or {}
        tables[name] = Table(
            tuple(frame.columns),
            ordered(frame.collect()),
            tuple(sorted(properties.items())),
            detail.format == "delta",
        )
        if detail.format == "delta":
            places[name] = detail.location
    schemas = {row[0] for row in spark.sql("SHOW SCHEMAS").collect()}
    second = f"{schema.split('.')[-1]}_two"
    if second in schemas:
        # Its table comes in a statement of its own, and goes with it.
        assert spark.sql(f"SHOW TABLES IN main.{second}").count() == 0
    return State(tables, views, second in schemas), places


class Client:
    """One client and its schema."""

    def __init__(self, schema, random):
        self.schema = schema
        self.random = random
        self.state = State()
        self.numbers = itertools.count(1)
        self.changes = [
            (self.append, 4),
            (self.overwrite, 2),
            (self.replace_where, 2),
            (self.merge, 3),
            (self.delete, 1),
            (self.update, 1),
            (self.create, 2),
            (self.create_as, 2),
            (self.create_or_replace, 2),
            (self.drop, 1),
            (self.rename, 1),
            (self.add_column, 1),
            (self.set_property, 1),
            (self.view, 1),
            (self.drop_view, 1),
            (self.second_schema, 1),
            (self.append_files, 1),
        ]

    def next(self):
        """A call of a session, and the state after it."""
        chosen, weights = zip(*self.changes, strict=True)
        while True:
            [change] = self.random.choices(chosen, weights)
            found = change()
            if found is not None:
                return found

    def name(self, table):
        return f"{self.schema}.{table}"

    def pick(self, delta=True):
        """Some table."""
        names = [name for name, table in self.state.tables.items() if table.delta == delta]
        if not names:
            return None, None
        name = self.random.choice(sorted(names))
        return name, self.state.tables[name]

    def some_rows(self):
        """New rows and a query that makes them."""
        first, batch = self.random.randrange(40), next(self.numbers)
        n_rows = self.random.choice([1, 3, 20, 200])
        query = f"SELECT id, {batch}L AS batch, concat('p', id % 3) AS part FROM range({first}, {first + n_rows})"
        rows = [(i, batch, f"p{i % 3}") for i in range(first, first + n_rows)]
        return rows, query

    def wide(self, table, rows):
        """Rows in a table that may have got more columns."""
        return [row + (None,) * (len(table.columns) - 3) for row in rows]

    def with_nulls(self, table, query):
        more = "".join(f", CAST(null AS INT) AS {column}" for column in table.columns[3:])
        return f"SELECT *{more} FROM ({query})"

    def became(self, name, rows):
        table = replace(self.state.tables[name], rows=ordered(rows))
        return self.state.put(name, table)

    def sql(self, text):
        return lambda spark: spark.sql(text).collect()

    def append(self):
        name, table = self.pick()
        if name is None:
            return None
        rows, query = self.some_rows()
        after = self.became(name, [*table.rows, *self.wide(table, rows)])
        query = self.with_nulls(table, query)
        if self.random.random() < 0.5:
            return self.sql(f"INSERT INTO {self.name(name)} {query}"), after
        target = self.name(name)
        return lambda spark: spark.sql(query).write.mode("append").saveAsTable(target), after

    def overwrite(self):
        name, table = self.pick()
        if name is None:
            return None
        rows, query = self.some_rows()
        query = self.with_nulls(table, query)
        return (
            self.sql(f"INSERT OVERWRITE {self.name(name)} {query}"),
            self.became(name, self.wide(table, rows)),
        )

    def replace_where(self):
        name, table = self.pick()
        if name is None:
            return None
        rows, query = self.some_rows()
        rows = [row for row in rows if row[2] == "p1"]
        kept = [row for row in table.rows if row[2] != "p1"]
        query = self.with_nulls(table, f"SELECT * FROM ({query}) WHERE part = 'p1'")
        return (
            self.sql(f"INSERT INTO {self.name(name)} REPLACE WHERE part = 'p1' {query}"),
            self.became(name, [*kept, *self.wide(table, rows)]),
        )

    def merge(self):
        name, table = self.pick()
        if name is None:
            return None
        rows, query = self.some_rows()
        new = {row[0]: row for row in rows}
        kept = [(row[0], new[row[0]][1], *row[2:]) if row[0] in new else row for row in table.rows]
        known = {row[0] for row in table.rows}
        added = self.wide(table, [row for row in rows if row[0] not in known])
        return (
            self.sql(
                f"MERGE INTO {self.name(name)} t USING ({query}) s ON t.id = s.id "
                "WHEN MATCHED THEN UPDATE SET t.batch = s.batch "
                "WHEN NOT MATCHED THEN INSERT (id, batch, part) VALUES (s.id, s.batch, s.part)"
            ),
            self.became(name, [*kept, *added]),
        )

    def delete(self):
        name, table = self.pick()
        if name is None:
            return None
        kept = [row for row in table.rows if row[0] % 5 != 0]
        return self.sql(f"DELETE FROM {self.name(name)} WHERE id % 5 = 0"), self.became(name, kept)

    def update(self):
        name, table = self.pick()
        if name is None:
            return None
        batch = next(self.numbers)
        rows = [(row[0], batch, *row[2:]) if row[0] % 7 == 0 else row for row in table.rows]
        return (
            self.sql(f"UPDATE {self.name(name)} SET batch = {batch} WHERE id % 7 = 0"),
            self.became(name, rows),
        )

    def unused(self):
        return None if len(self.state.tables) > 3 else f"t{next(self.numbers)}"

    def create(self):
        name = self.unused()
        if name is None:
            return None
        columns = "(id BIGINT, batch BIGINT, part STRING)"
        partitioned = self.random.choice(["", " PARTITIONED BY (part)"])
        properties = (("made", name),)
        return (
            self.sql(
                f"CREATE TABLE {self.name(name)} {columns}{partitioned} TBLPROPERTIES ('made' = '{name}')"
            ),
            self.state.put(name, Table(("id", "batch", "part"), (), properties)),
        )

    def create_as(self):
        name = self.unused()
        if name is None:
            return None
        rows, query = self.some_rows()
        delta = self.random.random() < 0.8
        using = "" if delta else " USING parquet"
        table = Table(("id", "batch", "part"), ordered(rows), (), delta)
        return self.sql(f"CREATE TABLE {self.name(name)}{using} AS {query}"), self.state.put(
            name, table
        )

    def create_or_replace(self):
        name, _ = self.pick()
        if name is None:
            return None
        rows, query = self.some_rows()
        return (
            self.sql(f"CREATE OR REPLACE TABLE {self.name(name)} AS {query}"),
            self.state.put(name, Table(("id", "batch", "part"), ordered(rows))),
        )

    def drop(self):
        name, _ = self.pick(self.random.random() < 0.7)
        if name is None:
            return None
        return self.sql(f"DROP TABLE {self.name(name)}"), self.state.without(name)

    def rename(self):
        name, table = self.pick()
        if name is None:
            return None
        to = f"t{next(self.numbers)}"
        return (
            self.sql(f"ALTER TABLE {self.name(name)} RENAME TO {self.name(to)}"),
            self.state.without(name).put(to, table),
        )

    def add_column(self):
        name, table = self.pick()
        if name is None or len(table.columns) > 6:
            return None
        column = f"c{next(self.numbers)}"
        wider = replace(
            table,
            columns=(*table.columns, column),
            rows=tuple((*row, None) for row in table.rows),
        )
        return (
            self.sql(f"ALTER TABLE {self.name(name)} ADD COLUMNS ({column} INT)"),
            self.state.put(name, replace(wider, rows=ordered(wider.rows))),
        )

    def set_property(self):
        name, table = self.pick()
        if name is None:
            return None
        value = str(next(self.numbers))
        properties = tuple(sorted({**dict(table.properties), "seen": value}.items()))
        return (
            self.sql(f"ALTER TABLE {self.name(name)} SET TBLPROPERTIES ('seen' = '{value}')"),
            self.state.put(name, replace(table, properties=properties)),
        )

    def view(self):
        name, number = self.random.choice(["v1", "v2"]), next(self.numbers)
        return (
            self.sql(f"CREATE OR REPLACE VIEW {self.name(name)} AS SELECT {number} AS n"),
            replace(self.state, views={**self.state.views, name: number}),
        )

    def drop_view(self):
        if not self.state.views:
            return None
        name = self.random.choice(sorted(self.state.views))
        left = {k: v for k, v in self.state.views.items() if k != name}
        return self.sql(f"DROP VIEW {self.name(name)}"), replace(self.state, views=left)

    def second_schema(self):
        there = self.state.schema
        what = "DROP SCHEMA {}_two CASCADE" if there else "CREATE SCHEMA {}_two"
        return self.sql(what.format(self.schema)), replace(self.state, schema=not there)

    def append_files(self):
        name, table = self.pick(delta=False)
        if name is None:
            return None
        rows, query = self.some_rows()
        return (
            self.sql(f"INSERT INTO {self.name(name)} {query}"),
            self.became(name, [*table.rows, *rows]),
        )
