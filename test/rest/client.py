# SPDX-License-Identifier: MIT
"""Runs azfan-rest as azfan does: the request as a memfd on its standard input, the token's page as descriptor 3."""

import json
import os
import struct
import subprocess

VM = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm'
PAGE = 16 * 1024 + 16  # include/sys/tokenpage.h: sequence, interval, token


def memfd(name, content):
    descriptor = os.memfd_create(name)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


class Page:
    """A token that can be renewed."""

    def __init__(self, token='token-1', interval=0):
        self.descriptor = os.memfd_create('token')
        os.ftruncate(self.descriptor, PAGE)
        self.sequence = 0
        self.interval = interval
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
        self.process = None

    def start(self, environment=None):
        request = memfd('request', json.dumps(self.request).encode())
        page = self.page.descriptor

        def arrange():
            os.dup2(request, 0)
            os.dup2(page, 3)
        self.process = subprocess.Popen([self.program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(request, page, 3),
                                        preexec_fn=arrange, env=environment)
        os.close(request)
        return self

    def wait(self, seconds=40):
        """(exit status, result or None, lines that it said, failure or None)"""
        output, errors = self.process.communicate(timeout=seconds)
        lines = errors.decode().splitlines()
        failure = json.loads(lines.pop()) if self.process.returncode == 1 else None
        result = json.loads(output) if output else None
        return self.process.returncode, result, lines, failure
