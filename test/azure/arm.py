#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Azure Resource Manager on loopback, as far as `az vm run-command invoke` needs it.

usage: arm.py HOME OWNER

HTTPS for az, plain HTTP for the managed identity's token and for the tests' control interface, both
on free ports of 127.0.0.1. Prints "ready ARM-PORT CONTROL-PORT" once both answer. Ends with the
process OWNER or on SIGTERM, and takes HOME and every script it started along.

HOME/requests.jsonl has a line for each request of az: time, method, path, vm (rg/name), status, and
how many scripts were running when it came: on that VM ("vm_running") and on all ("running").

The control interface (see `control`) takes a JSON merge patch of the state:
  {"vms": {"RG/NAME": {FAULT: VALUE, ...}}, "retry_after": 1, "token": "fail"}
A VM set to null is gone, a fault set to null is lifted. N below is how often; true or -1 is always.
  os: Linux|Windows (Windows runs nothing and answers `stdout` and `stderr`, or runs PowerShell scripts by the
      powershell.exe in the folder `powershell`)                               tags, location, power
  throttled: N (429; throttled_retry_after: SECONDS adds the header, throttled_seconds: SECONDS is in the words)
  busy: N (409)   broken: N (500)
  stopped, forbidden, unauthenticated: true          refused without a run
  doubtful: N                                        refused (500), and the script runs all the same
  agent_not_ready, extension_failure: N              accepted, then failed without a run
  lost: N                                            accepted, and failed when the script has ended
  slow: SECONDS   never: true                        the answer comes late, or not until it is lifted
  reboot: SECONDS                                    the script is killed in the middle
  drop_scripts: true                                 what was sent is lost, Azure's sample runs instead
  garbage: ANY                                       the answer itself; a string is sent as HTML
  play: NAME                                         what plays/ has by that name is answered, byte by byte; the script runs
{"headers": {NAME: VALUE}} are those of every answer, in place of its own of that name.
"""

import base64
import collections
import http.client
import http.server
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid

sys.dont_write_bytecode = True
import agent  # noqa: E402 (after the line above, or the tree gets a __pycache__)
import play  # noqa: E402
import shapes  # noqa: E402

TENANT = '00000000-0000-0000-0000-00000000aaaa'
CLIENT = '00000000-0000-0000-0000-00000000cccc'
BY_GATEWAY = (401, 403, 404, 429, 503, 504)  # and not by Compute
SUBSCRIPTIONS = ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002']
OPERATION = 'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/RUNCOMMAND'
BUSY = 'Run command extension execution is in progress. Please wait for completion before invoking a run command.'
BROKEN = ('InternalExecutionError', 'An internal execution error occurred. Please retry later.')

# fault: status, code, message; in the order in which Azure looks
REFUSALS = {
    'unauthenticated': (401, 'InvalidAuthenticationToken', 'The access token is invalid.'),
    'throttled': (429, 'SubscriptionRequestsThrottled',
                  "Number of requests for subscription '{subscription}' and operation '" + OPERATION +
                  "' exceeded the backend storage limit. Please try again after '{seconds}' seconds."),
    'broken': (500,) + BROKEN,
    'forbidden': (403, 'AuthorizationFailed',
                  "The client '" + CLIENT + "' with object id '" + CLIENT + "' does not have authorization to perform "
                  "action 'Microsoft.Compute/virtualMachines/runCommand/action' over scope '{id}' or the scope is "
                  'invalid. If access was recently granted, please refresh your credentials.'),
    'stopped': (409, 'OperationNotAllowed', 'Cannot modify extensions in the VM when the VM is not running.'),
    'busy': (409, 'Conflict', BUSY),
}
# fault: code, message
FAILURES = {
    'agent_not_ready': ('VMAgentStatusCommunicationError',
                        "VM '{name}' has not reported status for VM agent or extensions. Verify that the OS is up and "
                        'healthy, the VM has a running VM agent, and that it can establish outbound connections to '
                        'Azure storage. Please refer to https://aka.ms/vmextensionlinuxtroubleshoot for additional '
                        'VM agent troubleshooting information.'),
    'extension_failure': ('VMExtensionProvisioningError',
                          "VM has reported a failure when processing extension 'RunCommandLinux' (publisher "
                          "'Microsoft.CPlat.Core' and type 'RunCommandLinux'). Error message: \"Enable failed: "
                          "invalid configuration: 'commandToExecute' is not specified\"."),
}
GROUP_PATH = r'^/subscriptions/([^/]+)(?:/resourceGroups/([^/]+))?/providers/Microsoft\.Compute/virtualMachines'
LIST = re.compile(GROUP_PATH + r'$', re.I)
VM = re.compile(GROUP_PATH + r'/([^/]+)(/runCommand|/instanceView)?$', re.I)
API_VERSION = re.compile(r'api-version=[0-9a-z-]+')
RESULT = re.compile(r'^/subscriptions/[^/]+/providers/Microsoft\.Compute/locations/[^/]+/operations/([^/]+)$', re.I)


def error(code, message):
    return {'error': {'code': code, 'message': message}}


def status_element(code, message):
    return {'code': code, 'level': 'Info', 'displayStatus': 'Provisioning succeeded', 'message': message}


def token():
    """A JWT that az decodes but nobody can verify; az wants these claims and valid base64url."""
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b'=').decode()
    claims = {'oid': CLIENT, 'appid': CLIENT, 'tid': TENANT, 'exp': int(time.time()) + 86400, 'xms_mirid':
              '/subscriptions/%s/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/host' % SUBSCRIPTIONS[0]}
    return '.'.join([part(b'{"alg":"RS256","typ":"JWT"}'), part(json.dumps(claims).encode()), part(b'signature')])


def merge(old, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        else:
            new[key] = merge(new.get(key), value)
    return new


class Target:
    """A VM as a request names it."""

    def __init__(self, subscription, group, name):
        self.subscription, self.group, self.name = subscription, group, name
        self.key = ('%s/%s' % (group, name)).lower()
        self.id = '/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachines/%s' % (
            subscription, group, name)


class Operation:
    """One accepted runCommand."""

    def __init__(self, target, given):
        self.target = target
        self.number = str(uuid.uuid4())
        self.play = given
        self.asked = collections.Counter()  # how often, by the play's kinds of answers
        self.run = None
        self.start = self.end = shapes.moment()
        self.done = False
        self.failure = None  # (code, message)
        self.answer = None


class Cloud:
    """The state: the VMs with their faults, the operations and the log. One lock for all."""

    def __init__(self, home):
        self.home = home
        self.state = {'vms': {}, 'retry_after': 1}
        self.operations = {}
        self.active = {}  # key: operation
        self.runs = collections.Counter()
        self.posts = collections.Counter()
        self.plays = play.load()
        self.played = collections.Counter()
        self.changed = threading.Condition()
        self.closing = False
        self.log_file = open(os.path.join(home, 'requests.jsonl'), 'a', encoding='utf-8')

    def patch(self, patch):
        if 'vms' in patch:
            patch['vms'] = {key.lower(): value for key, value in patch['vms'].items()}
        with self.changed:
            self.state = merge(self.state, patch)
            self.changed.notify_all()

    def log(self, method, path, key, status, began=False):
        with self.changed:
            others = self.active.keys() - ({key} if began else set())
            if method == 'POST' and key:
                self.posts[key] += 1
            entry = {'time': time.time(), 'method': method, 'path': path[:300], 'vm': key, 'status': status,
                     'vm_running': int(key in others), 'running': len(others)}
            self.log_file.write(json.dumps(entry) + '\n')
            self.log_file.flush()
            self.changed.notify_all()

    def wait_for(self, what, group, count, seconds):
        """Until COUNT scripts are running, or COUNT POSTs have come, in a resource group."""
        source = self.active if what == 'running' else self.posts

        def enough():
            numbers = [1 if what == 'running' else n for key, n in source.items() if key.startswith(group.lower() + '/')]
            return (sum(numbers) == 0) if count == 0 else (sum(numbers) >= count)
        with self.changed:
            return self.changed.wait_for(enough, seconds)

    def faults(self, target):
        return self.state['vms'].get(target.key)

    def _take(self, target, fault):
        """Whether a counted fault strikes now."""
        faults = self.faults(target)
        left = faults.get(fault, 0)
        if left is True or left < 0:
            return True
        if left > 0:
            faults[fault] = left - 1
        return left > 0

    def _strikes(self, target, fault):
        """The same for who has not got the lock, and of a VM that may be gone by now."""
        with self.changed:
            return self.faults(target) is not None and self._take(target, fault)

    def missing(self, target):
        """The refusal for what does not exist, or None."""
        groups = {key.partition('/')[0] for key in self.state['vms']}
        if target.subscription not in SUBSCRIPTIONS:
            return 404, error('SubscriptionNotFound', "The subscription '%s' could not be found." % target.subscription), {}
        if target.group.lower() not in groups:
            return 404, error('ResourceGroupNotFound', "Resource group '%s' could not be found." % target.group), {}
        if self.faults(target) is None:
            return 404, error('ResourceNotFound', "The Resource 'Microsoft.Compute/virtualMachines/%s' under resource group "
                              "'%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
                              % (target.name, target.group)), {}
        return None

    def _refusal(self, target):
        for fault, (status, code, message) in REFUSALS.items():
            if self._take(target, fault):
                faults = self.faults(target)
                after = faults.get('throttled_retry_after') if fault == 'throttled' else None
                headers = {} if after is None else {'Retry-After': str(after)}
                words = message.format(seconds=faults.get('throttled_seconds', 6), **vars(target))
                return status, error(code, words), headers
        if target.key in self.active:
            return 409, error('Conflict', BUSY), {}
        return None

    def run_command(self, target, body):
        """(status, answer, headers, the operation that began or None)"""
        with self.changed:
            refusal = self.missing(target) or self._refusal(target)  # both look and book under one lock
            if refusal or self.closing:
                return (refusal or (503, error('ServiceUnavailable', 'closing'), {})) + (None,)
            operation = Operation(target, self.plays.get(self.faults(target).get('play')))
            given = self._play_post(operation)
            if given and not given.runs:
                return given.status, given, {}, operation
            self.operations[operation.number] = operation
            self.active[target.key] = operation
            self.runs[target.key] += 1
            doubtful = self._take(target, 'doubtful')
            folder = os.path.join(self.home, 'vms', target.key, str(self.runs[target.key]))
        threading.Thread(target=self._operate, args=(operation, folder, body), daemon=True).start()
        if given:
            return given.status, given, {}, operation
        return (500, error(*BROKEN), {}, operation) if doubtful else (202, None, {}, operation)

    def _play_post(self, operation):
        """The answer of the operation's play, or None."""
        key = operation.target.key
        self.played[key] += 1
        return operation.play and operation.play.answer('POST', self.played[key] - 1)

    def wait_until_done(self, operation):
        with self.changed:
            self.changed.wait_for(lambda: operation.done or self.closing)

    def play_question(self, operation, kind):
        """The same to a question; None also while the script runs of whose end it tells."""
        with self.changed:
            given = operation.play and operation.play.answer(kind, operation.asked[kind])
            if not given or (given.is_of_the_end() and not operation.done):
                return None
            operation.asked[kind] += 1
            return given

    def _operate(self, operation, folder, body):
        try:
            self._execute(operation, folder, body)
            self._delay(operation)
        except Exception as problem:  # pylint: disable=broad-except # az must not wait for a bug in here
            operation.failure = ('InternalExecutionError', repr(problem))
            print('operation:', repr(problem), file=sys.stderr, flush=True)
        with self.changed:
            operation.done = True
            operation.end = shapes.moment()
            self.active.pop(operation.target.key)
            self.changed.notify_all()

    def _execute(self, operation, folder, body):
        faults = self.faults(operation.target) or {}
        for fault, (code, message) in FAILURES.items():
            if self._strikes(operation.target, fault):
                operation.failure = (code, message.format(**vars(operation.target)))
                return
        if faults.get('os', 'Linux').lower() == 'windows':
            output, errors = self._run_on_windows(operation, folder, body, faults)
            operation.answer = {'value': [status_element('ComponentStatus/StdOut/succeeded', output),
                                          status_element('ComponentStatus/StdErr/succeeded', errors)]}
            if self._strikes(operation.target, 'lost'):
                operation.failure = BROKEN
            return
        text = agent.SAMPLE if faults.get('drop_scripts') else agent.script_text(body)
        message = self._run(operation, folder, text, faults.get('reboot'))
        operation.answer = {'value': [status_element('ProvisioningState/succeeded', message)]}
        if 'garbage' in faults:
            operation.answer = faults['garbage']
        if self._strikes(operation.target, 'lost'):
            operation.failure = BROKEN

    def _run_on_windows(self, operation, folder, body, faults):
        if 'powershell' not in faults:
            return faults.get('stdout', ''), faults.get('stderr', '')
        with self.changed:
            if self.closing:
                return '', ''
            operation.run = agent.WindowsRun(folder, '\n'.join(body.get('script') or []), faults['powershell'])
        operation.run.wait()
        return operation.run.streams()

    def _run(self, operation, folder, text, reboot):
        with self.changed:
            if self.closing:
                return ''
            operation.run = agent.Run(folder, text)
        if operation.run.wait(reboot):
            return operation.run.message()
        operation.run.kill()
        return "Enable succeeded: Last script execution didn't finish."

    def _delay(self, operation):
        def lifted():
            return self.closing or not (self.faults(operation.target) or {}).get('never')
        with self.changed:
            self.changed.wait_for(lifted)
            self.changed.wait_for(lambda: self.closing, (self.faults(operation.target) or {}).get('slow', 0))

    def vm(self, target):
        faults = self.faults(target)
        return {'id': target.id, 'name': target.name, 'type': 'Microsoft.Compute/virtualMachines',
                'location': faults.get('location', 'westeurope'), 'tags': faults.get('tags', {}),
                'properties': {'provisioningState': 'Succeeded', 'vmId': str(uuid.uuid5(uuid.NAMESPACE_URL, target.id)),
                               'networkProfile': {'networkInterfaces': []},
                               'storageProfile': {'osDisk': {'osType': faults.get('os', 'Linux')}},
                               'instanceView': self.instance_view(target)}}

    def instance_view(self, target):
        power = self.faults(target).get('power', 'running')
        return {'statuses': [{'code': 'PowerState/' + power, 'level': 'Info', 'displayStatus': 'VM ' + power}]}

    def listing(self, subscription, group):
        found = []
        for key in sorted(self.state['vms']):
            at, _, name = key.partition('/')
            if group is None or at == group.lower():
                found.append(self.vm(Target(subscription, at, name)))
        return {'value': found}

    def close(self):
        with self.changed:
            self.closing = True
            running = [operation.run for operation in self.operations.values() if operation.run]
            self.changed.notify_all()
        agent.kill_all(os.path.join(self.home, 'vms'), {run.process.pid for run in running})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = 300

    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass

    def setup(self):
        super().setup()
        self.cloud = self.server.cloud

    def body(self):
        return self.rfile.read(int(self.headers.get('Content-Length') or 0))

    def send(self, status, answer=None, headers=()):
        """A string goes out as it is, anything else as JSON."""
        kind = 'text/html' if isinstance(answer, str) else 'application/json; charset=utf-8'
        data = (answer if isinstance(answer, str) else '' if answer is None else self.form(status, answer)).encode()
        headers = list(headers)
        if data:
            headers.append(('Content-Type', kind))
        headers.append(('Content-Length', str(len(data))))
        self.close_connection = self.close_connection or ('Connection', 'close') in headers
        head = 'HTTP/1.1 %d %s\r\n' % (status, http.client.responses[status]) + ''.join('%s: %s\r\n' % pair for pair in headers)
        self.wfile.write((head + '\r\n').encode() + data)

    def form(self, status, answer):
        return json.dumps(answer)


class ArmHandler(Handler):
    """What az sees."""

    def reply(self, status, answer=None, headers=None, vm=None, began=False):
        self.cloud.log(self.command, self.path, vm, status, began)  # before the answer: who has it finds the line
        if status in BY_GATEWAY:
            usual = shapes.of_gateway(str(uuid.uuid4()), status)
        else:
            usual = (shapes.of_start if self.command == 'POST' else shapes.of_poll)(str(uuid.uuid4())) + shapes.closing(status)
        more = dict(self.cloud.state.get('headers', {}), **(headers or {}))
        self.send(status, answer, [pair for pair in usual if pair[0] not in more] + list(more.items()))

    def form(self, status, answer):
        return shapes.compact(answer) if status in BY_GATEWAY or 'monitor=true' in self.path else shapes.pretty(answer)

    def perform(self, given, operation):
        """An answer of a play; one to a POST waits for the script, if it has its output."""
        if self.command == 'POST' and given.is_of_the_end():
            self.cloud.wait_until_done(operation)
        self.cloud.log(self.command, self.path, operation.target.key, given.status, self.command == 'POST' and given.runs)
        more = self.poll_headers() if self.command == 'GET' and given.status in (200, 202) else {}
        self.close_connection = not given.perform(self.words(operation), self.wfile.write, more.items())

    def words(self, operation):
        """What the URLs of an operation are, and the other words of a play."""
        target, output = operation.target, operation.answer
        path = '/subscriptions/%s/providers/Microsoft.Compute/locations/westeurope/operations/%s' % (target.subscription, operation.number)
        query = 'p=%s&%s' % (uuid.uuid5(uuid.NAMESPACE_URL, target.id), API_VERSION.search(self.path).group(0))
        server = 'https://localhost:%d' % self.server.server_address[1]
        return play.words(server, path, query, int(operation.number[:8], 16), id=operation.number, vm=target.name, tenant=TENANT,
                          subscription=target.subscription, client=CLIENT, output=shapes.compact(output),
                          **{'output-indented': json.dumps(output, indent=2).replace('\n', '\r\n')})

    def authorised(self):
        if self.headers.get('Authorization', '').startswith('Bearer '):
            return True
        self.reply(401, error('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."))
        return False

    def do_GET(self):
        path = self.path.partition('?')[0].rstrip('/')
        result, vm, listing = RESULT.match(path), VM.match(path), LIST.match(path)
        if not self.authorised():
            return
        if result:
            self.get_result(result.group(1))
        elif listing:
            self.reply(200, self.cloud.listing(*listing.groups()))
        elif vm:
            self.get_vm(Target(*vm.groups()[:3]), vm.group(4))
        else:
            self.get_account(path)

    def get_account(self, path):
        if path == '/subscriptions':
            self.reply(200, {'value': [self.subscription(s) for s in SUBSCRIPTIONS]})
        elif path == '/tenants':
            self.reply(200, {'value': [{'id': '/tenants/' + TENANT, 'tenantId': TENANT}]})
        elif path.rpartition('/')[2] in SUBSCRIPTIONS:
            self.reply(200, self.subscription(path.rpartition('/')[2]))
        else:
            self.reply(404, error('NotFound', 'No such path in the simulated Azure: ' + path))

    @staticmethod
    def subscription(number):
        return {'id': '/subscriptions/' + number, 'subscriptionId': number, 'tenantId': TENANT,
                'displayName': 'Simulated ' + number[-1], 'state': 'Enabled', 'managedByTenants': [],
                'subscriptionPolicies': {'locationPlacementId': 'Public_2014-09-01', 'quotaId': 'Test', 'spendingLimit': 'Off'}}

    def get_vm(self, target, view):
        missing = self.cloud.missing(target)
        if missing:
            self.reply(*missing)
        else:
            self.reply(200, self.cloud.instance_view(target) if view else self.cloud.vm(target), vm=target.key)

    def get_result(self, number):
        """Azure-AsyncOperation, which az polls, and Location (monitor=true), from which it takes the result."""
        operation = self.cloud.operations.get(number)
        monitor = 'monitor=true' in self.path
        given = operation and self.cloud.play_question(operation, 'GET location' if monitor else 'GET operation')
        if operation is None or not self.is_url_of(operation):
            self.reply(404, error('NotFound', 'No such operation.'))
        elif given:
            self.perform(given, operation)
        elif monitor:
            self.get_location(operation)
        else:
            self.get_status(operation, number)

    def is_url_of(self, operation):
        """As it was given, letter by letter?"""
        words = self.words(operation)
        return any(url.endswith(self.path) for name, url in words.items() if name.startswith(('operation', 'location')))

    def poll_headers(self):
        after = self.cloud.state.get('retry_after')
        return {} if after is None else {'Retry-After': str(after)}

    def get_status(self, operation, number):
        answer = {'startTime': operation.start}
        if not operation.done:
            self.reply(200, dict(answer, status='InProgress', name=number), self.poll_headers(), operation.target.key)
        elif operation.failure:
            self.reply(200, dict(answer, endTime=operation.end, status='Failed', **error(*operation.failure), name=number), vm=operation.target.key)
        else:
            self.reply(200, dict(answer, endTime=operation.end, status='Succeeded', properties={'output': operation.answer}, name=number),
                       vm=operation.target.key)

    def get_location(self, operation):
        if not operation.done:
            self.reply(202, None, dict(self.poll_headers(), Location=self.path), operation.target.key)
        elif operation.failure:
            self.reply(409, error(*operation.failure), vm=operation.target.key)
        else:
            self.reply(200, operation.answer, vm=operation.target.key)

    def do_POST(self):
        body = self.body()
        match = VM.match(self.path.partition('?')[0])
        if not self.authorised():
            return
        if not match or (match.group(4) or '').lower() != '/runcommand':
            self.reply(404, error('NotFound', 'No such path in the simulated Azure: ' + self.path))
            return
        target = Target(*match.groups()[:3])
        status, answer, headers, operation = self.cloud.run_command(target, json.loads(body))
        if isinstance(answer, play.Answer):
            self.perform(answer, operation)
            return
        if status == 202:
            words = self.words(operation)
            headers = dict(self.poll_headers(), Location=words['location'])
            headers['Azure-AsyncOperation'] = words['operation']
        self.reply(status, answer, headers, target.key, operation is not None)


class PlainHandler(Handler):
    """The managed identity's token, and the control interface."""

    def do_POST(self):
        body = self.body()
        if self.path.startswith('/msi/'):
            self.send_token()
        elif self.path == '/control/wait':
            self.send(200 if self.cloud.wait_for(**json.loads(body)) else 504)
        else:
            self.send(404)

    def do_PATCH(self):
        body = self.body()
        try:
            self.cloud.patch(json.loads(body))
        except (ValueError, AttributeError) as problem:
            self.send(400, {'error': repr(problem)})
        else:
            self.send(200)

    def send_token(self):
        if self.cloud.state.get('token') == 'fail':
            self.send(400, {'error': 'invalid_request', 'error_description': 'Identity not found'})
        else:
            self.send(200, {'access_token': token(), 'token_type': 'Bearer', 'expires_in': '86400', 'resource': 'arm',
                            'expires_on': str(int(time.time()) + 86400)})


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def __init__(self, handler, cloud, tls=None):
        self.cloud, self.tls = cloud, tls
        super().__init__(('127.0.0.1', 0), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):  # without the base class's look-up of the host's name, which may ask the network
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address

    def finish_request(self, request, client_address):
        """The handshake is the thread's business: one az that is stopped in it must not hold up the others."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(60)
        with self.tls.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request, client_address):
        problem = sys.exc_info()[1]
        if not isinstance(problem, OSError):  # an az that was killed is no error here
            super().handle_error(request, client_address)


def certificate(home):
    """A fresh self-signed one; returns the server's TLS context."""
    cert, key = os.path.join(home, 'cert.pem'), os.path.join(home, 'key.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    return tls


def wait_for_end(owner, wakeup):
    """Until the owner is gone or a signal came."""
    poll = select.poll()
    poll.register(wakeup, select.POLLIN)
    try:
        poll.register(os.pidfd_open(owner), select.POLLIN)
    except ProcessLookupError:
        return
    poll.poll()


def serve(home, owner):
    with open(os.path.join(home, 'pid'), 'w', encoding='ascii') as file:
        file.write('%d\n' % os.getpid())
    cloud = Cloud(home)
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # handled, so the scripts get the default, not "ignored"
        signal.signal(number, lambda *_: None)
    try:
        arm, plain = Server(ArmHandler, cloud, certificate(home)), Server(PlainHandler, cloud)
        print('ready', arm.server_port, plain.server_port, flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads on
        wait_for_end(owner, reader)
    finally:
        cloud.close()
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)  # again: an az that is still ending may have written in between
        os._exit(0)  # the threads may be in the middle of an answer


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__.split('\n\n')[1])
    serve(sys.argv[1], int(sys.argv[2]))
