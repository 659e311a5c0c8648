# SPDX-License-Identifier: MIT
"""The server's end of one connection: what came, and a way to answer."""

import time


class Peer:
    def __init__(self, connection):
        self.socket, self.buffer = connection, b''

    def read_request(self):
        """(method, path, body); None: it was closed."""
        while b'\r\n\r\n' not in self.buffer:
            if not self._read():
                return None
        head, _, self.buffer = self.buffer.partition(b'\r\n\r\n')
        lines = head.decode().split('\r\n')
        length = next((int(line.split(':')[1]) for line in lines if line.lower().startswith('content-length:')), 0)
        while len(self.buffer) < length:
            if not self._read():
                return None
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return (*lines[0].split()[:2], body)

    def _read(self):
        try:
            data = self.socket.recv(65536)
        except OSError:
            return False
        self.buffer += data
        return data != b''

    def send(self, data, pieces=1):
        try:
            step = max(1, len(data) // pieces)
            for at in range(0, len(data), step):
                self.socket.sendall(data[at:at + step])
                if pieces > 1:
                    time.sleep(0.01)
        except OSError:
            pass
