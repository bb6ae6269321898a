"""SQL case files: parse, record, write.

A file is blocks separated by blank lines. `# comment`, `conf key=value` (no `=`: unset) and
`query [ordered] [types]` followed by the SQL; below `----` stands what Spark answered. A block
that begins with none of these words is a new query. The recorder fills in `ordered` when the
query ends in a top-level ORDER BY; without it rows are compared as a multiset (and written sorted).
`types` keeps only the schema, for answers that differ at each run.

    query ordered
    SELECT 7 / 2 AS x
    ----
    `x` double
    ----
    3.5

    query
    SELECT 1 / 0
    ----
    error DIVIDE_BY_ZERO 22012 SparkArithmeticException
    config = '"spark.sql.ansi.enabled"'
    context [7..11] '1 / 0'
"""

import re
from pathlib import Path

from render import quoted

KEYWORDS = ("query", "conf")


class Block:
    """One block of a file: a comment, a conf line or a query with its recorded answer."""

    def __init__(self, kind, text="", flags=(), answer=()):
        self.kind, self.text, self.flags, self.answer = kind, text, list(flags), list(answer)

    def lines(self):
        if self.kind == "comment":
            return self.text.split("\n")
        if self.kind == "conf":
            return [f"conf {self.text}"]
        head = " ".join(["query", *self.flags])
        return [head, *self.text.split("\n"), "----", *self.answer]


def parse(content):
    blocks = []
    for chunk in re.split(r"\n[ \t]*\n", content.strip("\n") + "\n"):
        lines = [line.rstrip() for line in chunk.split("\n") if line.strip()]
        comment = []
        while lines and lines[0].startswith("#"):
            comment.append(lines.pop(0))
        if comment:
            blocks.append(Block("comment", "\n".join(comment)))
        while lines and lines[0].startswith("conf "):
            blocks.append(Block("conf", lines.pop(0)[5:].strip()))
        if not lines:
            continue
        flags = []
        if lines[0].split()[0] == "query":
            flags = lines.pop(0).split()[1:]
        cut = lines.index("----") if "----" in lines else len(lines)
        blocks.append(Block("query", "\n".join(lines[:cut]), flags, lines[cut + 1 :]))
    return blocks


def render(blocks):
    out, previous = [], None
    for block in blocks:
        if previous is not None and not (previous == "comment" or previous == block.kind == "conf"):
            out.append("")
        out.extend(block.lines())
        previous = block.kind
    return "\n".join(out) + "\n"


def ends_ordered(sql):
    """Whether the last ORDER BY stands outside of all parentheses and quotes, behind the last set operation."""
    bare = re.sub(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|--[^\n]*", "''", sql)
    depth, top = 0, []
    for char in bare:
        depth += char == "("
        if depth == 0:
            top.append(char)
        depth -= char == ")"
    return re.search(r"\border\s+by\b", "".join(top), re.IGNORECASE) is not None


def error_lines(error):
    lines = [f"error {error['class'] or '-'} {error['sqlstate'] or '-'} {error['java'] or '-'}"]
    if not error["class"]:
        lines.append(f"message {quoted(stable(error['message']))}")
    for key, value in sorted(error.get("parameters", {}).items()):
        lines.append(f"{key} = {quoted(stable(value))}")
    for context in error.get("contexts", []):
        if "sql" in context:
            lines.append(
                f"context [{context['start']}..{context['stop']}] {quoted(context['sql'])}"
            )
        else:
            lines.append(f"context dataframe {quoted(context['dataframe'])}")
    return lines


def stable(text):
    """Ids that differ at each run: of expressions, plans, stages, tasks and written files."""
    text = re.sub(r"#\d+L?", "#n", text)
    text = re.sub(r"part-\d{5}-[0-9a-f-]{36}", "part-#n", text)
    text = re.sub(r"(plan_id=|stage |TID )[\d.]+", r"\1#n", text)
    return machine_free(text)


def machine_free(text):
    """What a catalog tells of the machine, the moment and the files. `tests/src/machine.rs` is the twin."""
    text = re.sub(r"file:/[^ '\"`|]*?/warehouse\b", "#warehouse", text)
    text = re.sub(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}", "#time", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "#time", text)
    text = re.sub(r"\b\d+ bytes", "#n bytes", text)
    text = re.sub(r'("size_in_bytes":)\d+', r"\1#n", text)
    return re.sub(r"(Owner(?:' \| '|: )|\"owner\":\")[^'\"\\]+", r"\1#user", text)


def renumbered(text):
    """A plan with its ids counted from 1 in the order in which the text has them; a long's mark stays."""
    seen = {}
    text = re.sub(r"#(\d+)", lambda m: f"#{seen.setdefault(m[1], len(seen) + 1)}", text)
    text = re.sub(r"splits=(Some\()?\d+", r"splits=\1n", text)
    return re.sub(r"plan_id=\d+", "plan_id=n", text)


def answer_lines(result, flags):
    if result.error is not None:
        return error_lines(result.error)
    if result.is_ok:
        return ["ok"]
    if "types" in flags:
        return [*result.schema]
    rows = [machine_free(row) for row in result.rows]
    rows = rows if "ordered" in flags else sorted(rows)
    return [*result.schema, "----", *rows]


def record_file(path: Path, oracle, on_error):
    """Runs every query of the file and writes the answers into it. Returns the number of queries."""
    blocks, confs, n_queries = parse(path.read_text()), {}, 0
    for block in blocks:
        if block.kind == "conf":
            key, _, value = block.text.partition("=")
            confs[key] = value if "=" in block.text else None
            oracle.conf({key: confs[key]})
        elif block.kind == "query":
            n_queries += 1
            if "ordered" not in block.flags and ends_ordered(block.text):
                block.flags.insert(0, "ordered")
            result = oracle.sql(block.text)
            if result.error is not None:
                on_error(result.error)
            block.answer = answer_lines(result, block.flags)
    path.write_text(render(blocks))
    return n_queries
