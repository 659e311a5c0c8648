#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who gives tokens, and an Azure that takes them, on loopback over plain HTTP.

usage: tokens.py HOME OWNER

Plays a VM's identity endpoint (IMDS), that of App Service, the login of Azure, GitHub's and Azure
Pipelines' assertions, `az account get-access-token`, and as much of Azure Resource Manager as runs a
script and refuses a token that has ended or is of another tenant. Prints "ready PORT". Ends with the
process OWNER or on SIGTERM.

HOME/requests.jsonl has a line for each request: path, status, header names, form, and of a token its
tenant. A PATCH to /control merges into the state:
  life: SECONDS            of tokens from now on (3600)
  answers: {PATH: [[STATUS, BODY], …]}  what a path that begins so answers first
  tenants: {SUBSCRIPTION: TENANT}       whose token opens it; others: the first tenant's
  revoked: true            no token that was given by now is taken any more
  challenge: TEXT          every token is refused, with this WWW-Authenticate
Shapes are those of live Azure: numbers as strings by IMDS, expires_in alone by the login.
"""

import http.server
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import urllib.parse
import uuid

sys.dont_write_bytecode = True
import agent  # noqa: E402 (after the line above)

TENANT = 'aaaaaaaa-0000-0000-0000-000000000001'


class State:
    def __init__(self, home):
        self.home = home
        self.lock = threading.Lock()
        self.settings = {'life': 3600, 'answers': {}, 'tenants': {}, 'challenge': None}
        self.tokens = {}  # text: (tenant, end)
        self.operations = {}
        self.log_file = open(os.path.join(home, 'requests.jsonl'), 'a', encoding='utf-8')

    def patch(self, patch):
        with self.lock:
            if patch.pop('revoked', False):
                self.tokens.clear()
            self.settings.update(patch)

    def give(self, tenant):
        """(token, its end)"""
        with self.lock:
            end = time.time() + self.settings['life']
            text = 'eyJ0.%s.%s-_~' % (tenant.replace('.', '-'), uuid.uuid4().hex)
            self.tokens[text] = (tenant, end)
            return text, int(end)

    def take_answer(self, path):
        with self.lock:
            for beginning, answers in self.settings['answers'].items():
                if path.startswith(beginning) and answers:
                    return answers.pop(0)
        return None

    def refusal(self, subscription, authorization):
        """What is wrong with a token, or None."""
        tenant, end = self.tokens.get(authorization.partition(' ')[2], (None, 0))
        if self.settings['challenge']:
            return 'InvalidAuthenticationToken', 'The access token is not good enough.'
        if tenant is None:
            return 'InvalidAuthenticationToken', 'The access token is invalid.'
        if end < time.time():
            return 'ExpiredAuthenticationToken', 'The access token expiry UTC time is earlier than current UTC time.'
        if tenant != self.settings['tenants'].get(subscription, TENANT):
            return 'InvalidAuthenticationTokenTenant', 'The access token is from the wrong issuer.'
        return None

    def log(self, entry):
        with self.lock:
            self.log_file.write(json.dumps(entry) + '\n')
            self.log_file.flush()


class Operation:
    """A script that runs on a VM."""

    def __init__(self, folder, body):
        self.run = agent.Run(folder, agent.script_text(body))
        self.done = False
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self):
        self.run.wait()
        self.done = True

    def answer(self):
        if not self.done:
            return {'status': 'InProgress'}
        element = {'code': 'ProvisioningState/succeeded', 'level': 'Info', 'displayStatus': 'Provisioning succeeded',
                   'message': self.run.message()}
        return {'status': 'Succeeded', 'properties': {'output': {'value': [element]}}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass

    def reply(self, status, answer, headers=None, **more):
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.server.state.log(dict(more, method=self.command, path=self.path, status=status, time=time.time(),
                                   headers={k.lower(): v for k, v in self.headers.items()}, form=self.form))
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header('Content-Type', 'application/json; charset=utf-8')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def read_body(self):
        return self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()

    def handle_all(self):
        text = self.read_body()
        self.form = dict(urllib.parse.parse_qsl(text)) if 'urlencoded' in self.headers.get('Content-Type', '') else {}
        if self.path == '/control':
            self.server.state.patch(json.loads(text))
            self.reply(200, {})
            return
        planned = self.server.state.take_answer(self.path)
        if planned:
            self.reply(planned[0], planned[1], planned[2] if len(planned) > 2 else None)
            return
        path, _, query = self.path.partition('?')
        self.route(path, dict(urllib.parse.parse_qsl(query)), text)

    do_GET = do_POST = do_PATCH = handle_all

    def route(self, path, query, text):
        parts = path.strip('/').split('/')
        if path == '/metadata/identity/oauth2/token':
            self.give_by_machine(query, self.headers.get('Metadata') == 'true')
        elif path == '/msi/token':
            self.give_by_machine(query, self.headers.get('X-IDENTITY-HEADER') == 'header-secret')
        elif parts[-1] == 'token' and 'oauth2' in parts:
            self.give_by_login(parts[0])
        elif path == '/github':
            self.vouch(self.command == 'GET' and query.get('audience') == 'api://AzureADTokenExchange', 'value')
        elif path.startswith('/pipelines'):
            self.vouch(self.command == 'POST' and query.get('api-version') == '7.1', 'oidcToken')
        elif path.startswith('/az/'):
            self.give_by_az(parts[1], query.get('old') == '1')
        elif parts[0] == 'subscriptions':
            self.manage(parts, text)
        else:
            self.reply(404, {'error': {'code': 'NotFound', 'message': path}})

    def give_by_machine(self, query, good):
        if not good:
            self.reply(400, {'error': 'invalid_request', 'error_description': 'Required metadata header not specified'})
            return
        text, end = self.server.state.give(TENANT)
        self.reply(200, {'access_token': text, 'client_id': query.get('client_id', 'system'), 'expires_in': '99999',
                         'expires_on': str(end), 'ext_expires_in': '99999', 'not_before': '1', 'token_type': 'Bearer',
                         'resource': query.get('resource')})

    def give_by_login(self, tenant):
        proof = self.form.get('client_secret') or self.form.get('client_assertion')
        if proof not in ('s3cret&=%', 'head.claims.signature'):
            self.reply(401, {'error': 'invalid_client', 'error_codes': [7000215], 'error_description':
                             'AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is '
                             'the client secret value, not the client secret ID.\r\nTrace ID: 1\r\nCorrelation ID: 2'})
            return
        text, _ = self.server.state.give(tenant)
        self.reply(200, {'token_type': 'Bearer', 'expires_in': self.server.state.settings['life'], 'ext_expires_in': 1,
                         'access_token': text})

    def vouch(self, good, key):
        if not good or self.headers.get('Authorization') not in ('Bearer vouch-secret', 'bearer vouch-secret'):
            self.reply(401, {'message': 'no'})
        else:
            self.reply(200, {key: 'head.claims.signature', 'count': 1})

    def give_by_az(self, tenant, old):
        text, end = self.server.state.give(tenant)
        answer = {'accessToken': text, 'expiresOn': time.strftime('%Y-%m-%d %H:%M:%S.000000', time.gmtime(end)),
                  'tenant': tenant, 'tokenType': 'Bearer'}
        self.reply(200, answer if old else dict(answer, expires_on=end))

    def manage(self, parts, text):
        state = self.server.state
        wrong = state.refusal(parts[1], self.headers.get('Authorization', ''))
        if wrong:
            challenge = {'WWW-Authenticate': state.settings['challenge']} if state.settings['challenge'] else None
            self.reply(401, {'error': {'code': wrong[0], 'message': wrong[1]}}, challenge)
        elif self.command == 'POST':
            number = str(uuid.uuid4())
            state.operations[number] = Operation(os.path.join(state.home, 'vms', number), json.loads(text))
            self.reply(202, '', {'Azure-AsyncOperation': 'http://127.0.0.1:%d/subscriptions/%s/operations/%s' % (
                self.server.server_address[1], parts[1], number), 'x-ms-request-id': number}, vm=parts[7])
        else:
            self.reply(200, state.operations[parts[3]].answer())


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def server_bind(self):  # without the base class's look-up of the host's name, which may ask the network
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address


def main(home, owner):
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    server = Server(('127.0.0.1', 0), Handler)
    server.state = State(home)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print('ready', server.server_address[1], flush=True)
    os.close(1)
    poll = select.poll()
    poll.register(os.pidfd_open(int(owner)), select.POLLIN)
    while not ended.is_set() and not poll.poll(200):
        pass
    agent.kill_all(os.path.join(home, 'vms'), {o.run.process.pid for o in server.state.operations.values()})


main(*sys.argv[1:])
