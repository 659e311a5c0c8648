# SPDX-License-Identifier: MIT
"""Runs azfan-rest as azfan does: the request as a memfd on its standard input, the token's page as descriptor 3."""

import json
import os
import select
import signal
import struct

VM = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm'
PAGE = 16 * 1024 + 16  # include/sys/tokenpage.h: sequence, interval, token


def memfd(name, content):
    descriptor = os.memfd_create(name)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def contents(descriptor):
    """Of a memfd, which is closed."""
    with open(descriptor, 'rb') as file:
        file.seek(0)
        return file.read()


class Page:
    """A token that can be renewed, and how often (in seconds) the client asks."""

    def __init__(self, token='token-1', interval=0.1):
        self.descriptor = os.memfd_create('token')
        os.ftruncate(self.descriptor, PAGE)
        self.sequence = 0
        self.interval = int(interval * 1e9)
        self.write(token)

    def write(self, token):
        self.sequence += 2
        os.pwrite(self.descriptor, struct.pack('<q', self.interval) + token.encode() + b'\0', 8)
        os.pwrite(self.descriptor, struct.pack('<Q', self.sequence), 0)

    def close(self):
        os.close(self.descriptor)


class Client:
    """One azfan-rest. `start` it, then `wait` for it."""

    def __init__(self, program, endpoint, page, **settings):
        request = {'endpoint': endpoint, 'path': VM + '/runCommand', 'api_version': '2024-07-01',
                   'body': {'commandId': 'RunShellScript', 'script': ['echo hello']}, 'client_request_id': 'test',
                   'deadline_ms': 20000, 'first_poll_ms': 0}
        request.update(settings)
        self.program, self.page, self.request = program, page, request

    def start(self, environment=None):
        request = memfd('request', json.dumps(self.request).encode())
        self.output, self.errors = memfd('output', b''), memfd('errors', b'')
        pairs = ((request, 0), (self.output, 1), (self.errors, 2), (self.page.descriptor, 3))  # the last, for one of them may be 3
        self.pid = os.posix_spawn(self.program, [self.program], os.environ if environment is None else environment,
                                  file_actions=[(os.POSIX_SPAWN_DUP2, *pair) for pair in pairs])
        os.close(request)
        return self

    def wait(self, seconds=40):
        """(exit status, result or None, lines that it said, failure or None); one that hangs is killed, and raises TimeoutError"""
        process = os.pidfd_open(self.pid)
        poll = select.poll()
        poll.register(process, select.POLLIN)
        ended = poll.poll(seconds * 1000)
        if not ended:
            signal.pidfd_send_signal(process, signal.SIGKILL)
        os.close(process)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        output, errors = contents(self.output), contents(self.errors)
        if not ended:
            raise TimeoutError('it had to be killed, after: %r' % errors)
        lines = errors.decode().splitlines()
        failure = json.loads(lines.pop()) if status == 1 else None
        return status, json.loads(output) if output else None, lines, failure
