"""Run a program that must not outlive who started it: python guardian.py PROGRAM ARGUMENT...

Standard input is a pipe that nothing is written to: when it ends, who held it is gone, by whatever
signal, and the program is ended before it removes anything more. Ends as the program ends. It
stands alone, and is run with neither site packages nor relab.
"""

import os
import signal
import subprocess
import sys
import threading


def main(argv: list[str]) -> None:
    """Run `argv` until it ends, or until standard input does."""
    # It reaches the program, too, which is waited for, and which would inherit that it is ignored.
    signal.signal(signal.SIGTERM, lambda *_: None)
    program = subprocess.Popen(argv, stdin=subprocess.DEVNULL)

    def watch() -> None:
        sys.stdin.buffer.read()
        program.kill()

    threading.Thread(target=watch, daemon=True).start()
    code = program.wait()
    if code < 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)  # the thread that watches holds standard input


if __name__ == "__main__":
    main(sys.argv[1:])
