"""sh and bash: `-c LINE`, a script on stdin, or one in a file of the container.

Known: words, quotes, variables, `*` in a last name, `|`, `&&`, `||`, `;`, redirections, `cd`,
`export`, `exit`, `exec`, `set -e`. Anything else is refused in words, never guessed.
"""

import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from relab.sandbox.kube.exec.process import Command, Process, Usage, execute
from relab.sandbox.kube.exec.streams import CHUNK, Gone, Lines, Nothing, Pipe
from relab.sandbox.kube.exec.words import NotKnown, Simple, Step, Word, filled, steps

_NULL = "/dev/null"


class _Exit(Exception):
    """The script ends with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _FileSink:
    """A file as a sink."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, data: bytes) -> None:
        """Write all of `data`."""
        while data:
            data = data[os.write(self._fd, data) :]


class _FileSource:
    """A file as a source."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self) -> bytes:
        """Return the next chunk."""
        return os.read(self._fd, CHUNK)


@dataclass
class Shell:
    """A shell's state: where it is, its variables, and how the last command ended."""

    process: Process
    cwd: str
    env: dict[str, str]
    code: int = 0
    strict: bool = False

    def script(self, text: str) -> int:
        """Run a script and return its exit code."""
        try:
            found = steps(text)
        except NotKnown as error:
            self.process.say(f"{error} (the sandbox's shell runs simple lines only)")
            return 2
        try:
            for number, step in enumerate(found):
                last = number + 1 == len(found) or found[number + 1].after == ";"
                self._step(step, last=last)
        except _Exit as ended:
            return ended.code
        return self.code

    def _step(self, step: Step, *, last: bool) -> None:
        if (step.after == "&&" and self.code) or (step.after == "||" and not self.code):
            return
        self.process.alive()
        self.code = self._pipeline(step.commands)
        if self.strict and self.code and last:
            raise _Exit(self.code)

    def _pipeline(self, commands: list[Simple]) -> int:
        if len(commands) == 1:
            return self._simple(commands[0], self.process, alone=True)
        pipes = [Pipe(self.process.gone) for _ in commands[1:]]
        threads = []
        for number, command in enumerate(commands[:-1]):
            stdin = Lines(pipes[number - 1]) if number else self.process.stdin
            process = replace(self.process, stdin=stdin, stdout=pipes[number])
            before = pipes[number - 1] if number else None
            given = (command, process, before, pipes[number])
            threads.append(threading.Thread(target=self._stage, args=given, daemon=True))
        for thread in threads:
            thread.start()
        try:
            last = replace(self.process, stdin=Lines(pipes[-1]))
            return self._simple(commands[-1], last)
        finally:
            pipes[-1].break_()
            for thread in threads:
                thread.join()

    def _stage(self, command: Simple, process: Process, before: Pipe | None, after: Pipe) -> None:
        try:
            self._simple(command, process)
        except (Gone, BrokenPipeError, _Exit):
            pass
        finally:
            after.end()
            if before is not None:
                before.break_()

    def _simple(self, command: Simple, process: Process, *, alone: bool = False) -> int:
        words = [text for word in command.words for text in self._expanded(word)]
        with ExitStack() as files:
            try:
                here = self._redirected(command, replace(process, cwd=self.cwd), files)
            except OSError as error:
                process.say(str(error))
                return 1
            env = dict(self.env)
            while words and _is_assignment(words[0]):
                name, _, value = words.pop(0).partition("=")
                env[name] = value
            if not words:
                self.env.update(env)
                return 0
            return self._run(words, replace(here, env=env), alone=alone)

    def _run(self, words: list[str], process: Process, *, alone: bool) -> int:
        if words[0] == "exec" and len(words) > 1:
            raise _Exit(self._run(words[1:], process, alone=False))
        builtin = _BUILTINS.get(words[0])
        if builtin is not None:
            state = self if alone else replace(self)
            return builtin(state, words[1:])
        return execute(replace(process, name=words[0], args=tuple(words[1:])))

    def _redirected(self, command: Simple, process: Process, files: ExitStack) -> Process:
        for operator, word in command.redirects:
            changed: dict[str, Any]
            if operator.endswith("&1"):
                changed = {"stderr": process.stdout}
            elif operator.endswith("&2"):
                changed = {"stdout": process.stderr}
            else:
                path = "".join(self._expanded(word))
                changed = self._opened(operator, path, process, files)
            process = replace(process, **changed)
        return process

    def _opened(
        self, operator: str, path: str, process: Process, files: ExitStack
    ) -> dict[str, Any]:
        name = {"<": "stdin", ">": "stdout", "2": "stderr"}[operator[0]]
        if path == _NULL:
            return {name: Lines(Nothing()) if name == "stdin" else Nothing()}
        try:
            with process.at(path) as place:
                reading = name == "stdin"
                fd = place.read() if reading else place.write(append=operator.endswith(">>"))
        except OSError as error:
            raise OSError(f"{path}: {error.strerror}") from error
        files.callback(os.close, fd)
        return {name: Lines(_FileSource(fd)) if reading else _FileSink(fd)}

    def _expanded(self, word: Word) -> list[str]:
        text = ""
        pattern = False
        for piece, kind in word.pieces:
            text += piece if kind == "quoted" else filled(piece, self.env, self.code)
            pattern = pattern or (kind == "bare" and any(mark in piece for mark in "*?["))
        if text == "~" or text.startswith("~/"):
            text = self.env.get("HOME", "/root") + text[1:]
        if not text and all(kind == "bare" for _, kind in word.pieces):
            return []
        return (self._matching(text) if pattern else []) or [text]

    def _matching(self, pattern: str) -> list[str]:
        folder, slash, last = pattern.rpartition("/")
        try:
            with self.process.tree.at(folder or slash or ".", self.cwd) as place:
                names = place.names()
        except OSError:
            return []
        hidden = last.startswith(".")
        found = [name for name in names if fnmatchcase(name, last)]
        return [folder + slash + name for name in found if hidden or not name.startswith(".")]


def _is_assignment(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


def _cd(shell: Shell, words: list[str]) -> int:
    target = words[0] if words else shell.env.get("HOME", "/")
    try:
        with shell.process.tree.at(target, shell.cwd) as place:
            place.names()
            shell.cwd = place.path
    except OSError as error:
        shell.process.say(f"cd: {target}: {error.strerror}")
        return 1
    shell.env["PWD"] = shell.cwd
    return 0


def _export(shell: Shell, words: list[str]) -> int:
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            shell.env[name] = value
    return 0


def _exit(shell: Shell, words: list[str]) -> int:
    raise _Exit(int(words[0]) & 0xFF if words and words[0].isdigit() else shell.code)


def _set(shell: Shell, words: list[str]) -> int:
    for word in words:
        if word.startswith("-") and "e" in word:
            shell.strict = True
    return 0


_BUILTINS = {"cd": _cd, "export": _export, "exit": _exit, "set": _set}


def _sh(process: Process) -> int:
    words = list(process.args)
    strict = False
    while words and words[0].startswith("-") and words[0] != "-":
        flags = words.pop(0)
        strict = strict or "e" in flags
        if flags.endswith("c"):
            if not words:
                raise Usage("-c: option requires an argument")
            return Shell(process, process.cwd, dict(process.env), strict=strict).script(words[0])
    text = _script(process, words)
    return Shell(process, process.cwd, dict(process.env), strict=strict).script(text)


def _script(process: Process, words: list[str]) -> str:
    """Return the script of a file, or of stdin."""
    if words and words[0] != "-":
        with process.at(words[0]) as place:
            fd = place.read()
        try:
            return os.read(fd, 1 << 20).decode("utf-8", "surrogateescape")
        finally:
            os.close(fd)
    text = b""
    while line := process.stdin.line():
        text += line
    return text.decode("utf-8", "surrogateescape")


TABLE: Mapping[str, Command] = {"sh": _sh, "bash": _sh, "ash": _sh}
