"""Commands about the container itself: env, pwd, id, hostname, date, sleep and the like."""

import time
from collections.abc import Mapping

from relab.sandbox.kube.exec.process import Command, Process, Usage
from relab.sandbox.kube.exec.streams import Gone


def _env(process: Process) -> int:
    words = list(process.args)
    env = dict(process.env)
    while words and "=" in words[0]:
        key, _, value = words.pop(0).partition("=")
        env[key] = value
    if words:
        return process.run(words, env=env)
    process.out("".join(f"{key}={value}\n" for key, value in env.items()))
    return 0


def _printenv(process: Process) -> int:
    if not process.args:
        return _env(process)
    found = [process.env[key] for key in process.args if key in process.env]
    process.out("".join(f"{value}\n" for value in found))
    return 0 if len(found) == len(process.args) else 1


def _pwd(process: Process) -> int:
    process.out(f"{process.cwd}\n")
    return 0


def _id(process: Process) -> int:
    options, _ = process.options("ugn")
    if options:
        process.out("root\n" if "n" in options else "0\n")
    else:
        process.out("uid=0(root) gid=0(root) groups=0(root)\n")
    return 0


def _whoami(process: Process) -> int:
    process.out("root\n")
    return 0


def _hostname(process: Process) -> int:
    process.out(process.env.get("HOSTNAME", "") + "\n")
    return 0


def _date(process: Process) -> int:
    options, words = process.options("uI")
    shape = next((word[1:] for word in words if word.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    process.out(time.strftime("%Y-%m-%d" if "I" in options else shape, time.gmtime()) + "\n")
    return 0


def _uname(process: Process) -> int:
    options, _ = process.options("asrm")
    whole = f"Linux {process.env.get('HOSTNAME', '')} 6.1.119-129.201.amzn2023.x86_64 x86_64"
    process.out(("Linux" if not options or "s" in options else whole) + "\n")
    return 0


def _sleep(process: Process) -> int:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    total = 0.0
    for word in process.args:
        factor = units.get(word[-1:], 0)
        number = word[:-1] if factor else word
        try:
            total += (factor or 1) * float(number)
        except ValueError as error:
            raise Usage(f"invalid time interval '{word}'") from error
    if process.gone.wait(max(total, 0)):
        raise Gone
    return 0


def _true(_: Process) -> int:
    return 0


def _false(_: Process) -> int:
    return 1


TABLE: Mapping[str, Command] = {
    "env": _env,
    "printenv": _printenv,
    "pwd": _pwd,
    "id": _id,
    "whoami": _whoami,
    "hostname": _hostname,
    "date": _date,
    "uname": _uname,
    "sleep": _sleep,
    "true": _true,
    ":": _true,
    "false": _false,
}
