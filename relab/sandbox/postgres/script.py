"""What `psql` reads on stdin: SQL with the data of COPY between, as dumps are written.

Only the lines of a dump that begin with a backslash are known; none of psql's own commands, so that
nothing but SQL ever reaches anything.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from relab.sandbox.kube.exec.process import Process
from relab.sandbox.kube.exec.streams import Lines
from relab.sandbox.postgres.server import Running
from relab.sandbox.postgres.wire import Connection, Result, SqlError

_IGNORED = ("\\restrict", "\\unrestrict")
_CONNECT = re.compile(r"\\c(?:onnect)? +\"?(\w[\w-]*)\"?$")
_MARK = re.compile(r"""'|"|--|/\*|\*/|\$\w*\$|;""")
_CLOSING = {"'": "'", '"': '"', "/*": "*/"}


@dataclass(slots=True)
class Splitter:
    """Finds the ends of statements in lines of SQL, quotes and comments left alone."""

    statement: list[str] = field(default_factory=list)
    within: str = ""

    def feed(self, line: str) -> Iterator[str]:
        """Yield the statements that end in `line`."""
        start, end = 0, len(line)
        for found in _MARK.finditer(line):
            mark = found[0]
            if self.within:
                self.within = "" if mark == self.within else self.within
            elif mark == "--":
                end = found.start()
                break
            elif mark == ";":
                yield "".join([*self.statement, line[start : found.end()]])
                self.statement, start = [], found.end()
            elif mark in _CLOSING or mark.startswith("$"):
                self.within = _CLOSING.get(mark, mark)
        kept = line[start:end]
        self.statement.append(kept if end == len(line) else f"{kept}\n")

    @property
    def rest(self) -> str:
        """Return what no semicolon ended."""
        return "".join(self.statement).strip()


@dataclass(slots=True)
class Script:
    """A run of a script as `user`; `strict` ends it at the first error."""

    process: Process
    running: Running
    user: str
    database: str
    quiet: bool = False
    bare: bool = False
    strict: bool = False
    whole: bool = False

    def run(self, lines: Lines) -> int:
        """Run what `lines` hold; 3 when an error ended it, as psql says."""
        try:
            connection = self._connect()
        except (SqlError, OSError) as error:
            self.process.say(f"error: {error}")
            return 2
        try:
            return self._all(connection, lines)
        finally:
            connection.close()

    def _connect(self) -> Connection:
        login = self.running.login(self.user, self.database)
        connection = Connection(login, self.process.alive)
        if self.whole:
            list(connection.run("BEGIN"))
        return connection

    def _all(self, connection: Connection, lines: Lines) -> int:
        splitter = Splitter()
        while raw := lines.line():
            line = raw.decode("utf-8", "surrogateescape")
            if line.startswith("\\") and not splitter.within and not splitter.rest:
                splitter.statement.clear()
                changed = self._backslash(connection, line.strip())
                if changed is None:
                    return 3
                connection = changed
                continue
            for statement in splitter.feed(line):
                if not self._one(connection, statement, lines) and self.strict:
                    return 3
        last = [splitter.rest] if splitter.rest else []
        if self.whole:
            last.append("COMMIT")
        done = [self._one(connection, statement, lines) for statement in last]
        return 0 if all(done) or not self.strict else 3

    def _backslash(self, connection: Connection, line: str) -> Connection | None:
        """Return the connection to go on with; None when the script is to end."""
        found = _CONNECT.match(line)
        if found is not None:
            connection.close()
            self.database = found[1]
            return self._connect()
        if line.split(maxsplit=1)[0] not in _IGNORED:
            self.process.say(f"'{line.split(maxsplit=1)[0]}' is not known in the sandbox")
            return None if self.strict else connection
        return connection

    def _one(self, connection: Connection, statement: str, lines: Lines) -> bool:
        try:
            for result in connection.run(statement, lambda: _copied(lines)):
                self._show(result)
        except SqlError as error:
            self.process.say(str(error))
            return False
        return True

    def _show(self, result: Result) -> None:
        if result.columns:
            self.process.out("".join(f"{line}\n" for line in shown(result, bare=self.bare)))
        elif not self.quiet:
            self.process.out(f"{result.tag}\n")


def _copied(lines: Lines) -> Iterable[bytes]:
    """Yield the lines of COPY's data, up to its end mark."""
    while (line := lines.line()) and line.rstrip(b"\r\n") != b"\\.":
        yield line


def shown(result: Result, *, bare: bool) -> Iterator[str]:
    """Yield the lines of a table, or only the values with `|` between them if `bare`."""
    rows = [[value or "" for value in row] for row in result.rows]
    if bare:
        yield from ("|".join(row) for row in rows)
        return
    widths = [max(map(len, column)) for column in zip(result.columns, *rows, strict=True)]
    both = [list(zip(row, widths, strict=True)) for row in [list(result.columns), *rows]]
    yield "|".join(f" {text:^{width}} " for text, width in both[0]).rstrip()
    yield "+".join("-" * (width + 2) for width in widths)
    yield from ("|".join(f" {text:<{width}} " for text, width in row).rstrip() for row in both[1:])
    yield f"({len(rows)} row{'' if len(rows) == 1 else 's'})\n"
