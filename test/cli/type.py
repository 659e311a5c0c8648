#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""type.py SHELL ARGUMENT...: types lines into a shell on a terminal, and prints what they become.

A line is typed, then the keys $KEYS (else ESC and "*"), then Ctrl-X Ctrl-P. The shell's start-up
file binds ESC "*" to inserting all completions, and Ctrl-X Ctrl-P to writing the line into the FIFO
$LINES_FIFO and clearing it; it writes a line there when it is ready. Lines come from standard
input; each is answered before the next is read. What the terminal shows goes to $LINES_FIFO.shown.
"""
import os
import pty
import select
import sys

SECONDS = 30


def main():
    keys = os.environ.get("KEYS", "\x1b*").encode()
    os.mkfifo(os.environ["LINES_FIFO"])
    fifo = os.open(os.environ["LINES_FIFO"], os.O_RDWR)
    shown = open(os.environ["LINES_FIFO"] + ".shown", "w+b", buffering=0)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])

    def await_line():
        line = b""
        while not line.endswith(b"\n"):
            ready = select.select([fifo, terminal], [], [], SECONDS)[0]
            if not ready:
                shown.seek(0)
                sys.exit("the shell says nothing; its terminal: " + repr(shown.read()[-2000:]))
            if terminal in ready:  # or the shell waits for us
                shown.write(os.read(terminal, 65536))
            if fifo in ready:
                line += os.read(fifo, 65536)
        return line.decode().rstrip("\n")

    await_line()
    for line in sys.stdin:
        os.write(terminal, line.rstrip("\n").encode() + keys + b"\x18\x10")
        print(await_line(), flush=True)
    os.close(terminal)
    os.waitpid(pid, 0)


main()
