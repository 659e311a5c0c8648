# SPDX-License-Identifier: MIT
"""An HTTP proxy on loopback: tunnels what it is asked to, or refuses with a status."""

import select
import socket
import threading


class Proxy:
    """Refuses the next COUNT requests (-1: all) with STATUS. Leads to TARGET (host, port), if there is one, and not to who is
    asked for. `asked`: the heads of all that came."""

    def __init__(self, status=0, count=0, target=None):
        self.refuses, self.target, self.asked = (status, count), target, []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.url = 'http://127.0.0.1:%d' % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection:
                head = b''
                while b'\r\n\r\n' not in head:
                    data = connection.recv(65536)
                    if not data:
                        return
                    head += data
                self.asked.append(head.decode())
                status = self._refusal()
                if status:
                    connection.sendall(b'HTTP/1.1 %d No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n' % status)
                else:
                    self._tunnel(connection, head.split()[1].decode())
        except OSError:
            pass

    def _refusal(self):
        status, count = self.refuses
        if count > 0:
            self.refuses = (status, count - 1)
        return status if count else 0

    def _tunnel(self, connection, address):
        host, _, port = address.rpartition(':')
        with socket.create_connection(self.target or (host.strip('[]'), int(port))) as other:
            connection.sendall(b'HTTP/1.1 200 Connection established\r\n\r\n')
            ends = {connection: other, other: connection}
            while True:
                for ready in select.select(list(ends), [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    ends[ready].sendall(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
