"""Parse errors: asks the reference for the error of each text in `fixtures/sql/errors*.txt` and writes it there.

A case is a SQL text, a line `----`, the message without its first line feed, a line `====`. Texts that the
reference parses are refused: they belong elsewhere. `--add FILE` appends texts, one a line with `\\n` for line feeds.
Names the texts whose answer changed. Does not know what our parser says; the test in `mock-server/sql` does.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from oracle import Oracle  # noqa: E402
from pyspark.sql.connect.proto import base_pb2  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "sql"
ANSWER, END = "\n----\n", "\n====\n"


def message_of(oracle, sql):
    plan = base_pb2.Plan()
    plan.command.sql_command.sql = sql
    # An EXPLAIN would read the text in another place; a DDL text in here never passes the parser.
    result = oracle.execute(plan)
    if result.error is None or result.error["java"] not in ("ParseException",):
        return None
    return result.error["message"].removeprefix("\n").rstrip("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--remote", default="localhost:15099")
    parser.add_argument("--add", type=Path)
    args = parser.parse_args()
    oracle = Oracle(args.remote)
    for path in sorted(FIXTURES.glob("errors*.txt")):
        cases = [
            case.partition(ANSWER)[::2] for case in path.read_text().split(END) if case.strip()
        ]
        if args.add and path.name == "errors.txt":
            known = {sql for sql, _ in cases}
            texts = [
                line.replace("\\n", "\n")
                for line in args.add.read_text().splitlines()
                if line.strip()
            ]
            cases += [(text, "") for text in dict.fromkeys(texts) if text not in known]
        out = []
        for sql, before in cases:
            answer = message_of(oracle, sql)
            if answer is None:
                print(f"{path.name}: no parse error, dropped: {sql!r}", file=sys.stderr)
                continue
            if before and before != answer:
                print(f"{path.name}: changed: {sql!r}", file=sys.stderr)
            out.append(f"{sql}{ANSWER}{answer}{END}")
        path.write_text("".join(out))


if __name__ == "__main__":
    main()
