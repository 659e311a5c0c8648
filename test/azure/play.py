# SPDX-License-Identifier: MIT
"""Plays: what Azure answers to one script, from the POST to its result, byte by byte.

The files in plays/ have them, one after the other:

    play NAME
    # what it shows
    expect ok                   how azfan-rest ends: with the output of the script,
    expect result                   with a result that the play itself has,
    expect PHASE STARTED [WORD...]  with a last line (rest/failure.h) that has each WORD (a dot in it is any character),
    expect timeout                  or not by itself
    > accepted                  an answer that the file has a name for,

    GET operation               or one that stands here: to a POST, to a GET of Azure-AsyncOperation ("operation") or of "location"
    @times 2                    directives: see DIRECTIVES
    HTTP/1.1 200 OK
    +poll                       headers of Azure's, by the name of a function of shapes
    Content-Type: application/json

    {"status": "InProgress"}

"answer NAME" before a section gives that answer a name in its file. Of each of the three, answers are given in this order;
the last one is given again and again. Of a location without an answer it is the result, as always in recordings of live
Azure. Lines of a body are sent with CR LF between them.

Words in braces are put in by who plays (arm.py for az and azfan, test/rest/plays for azfan-rest alone): `operation` and
`location` (URLs, and the same with -http, -foreign, -short and -long), `id` of the operation, `output` (what the VM printed,
as Azure hands it on, and `output-indented`), `vm`, `subscription`, `tenant`, `client`.
"""

import os
import re
import sys
import time

import shapes

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'plays')
DIRECTIVES = {
    'times': 'so often, and then the next answer',
    'idle': 'of a POST: the script does not run, though this looks as if it did',
    'runs': 'of a POST: the script runs, though this does not look so',
    'close': 'and then the connection is closed',
    'cut': 'so many bytes of it, and then the connection is closed; of the body when there is a +',
    'drip': 'in pieces, with waits between them',
    'silent': 'nothing, for so many seconds, and then the connection is closed',
    'length': 'the Content-Length is so much more than it should be',
    'chunked': 'in chunks',
    'pad': 'the body has so many spaces more at its end',
}
FUZZED = (0, 200, 202, 200, 202, 201, 204, 301, 400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504)  # in fuzz_operation.c
KINDS = ('POST', 'GET operation', 'GET location')


class Answer:
    """One answer, not yet filled in."""

    def __init__(self, kind, lines):
        self.kind, self.directives, self.status, self.headers = kind, {}, 0, []
        lines = list(lines)
        while lines and lines[0].startswith('@'):
            name, _, value = lines.pop(0)[1:].partition(' ')
            if name not in DIRECTIVES:
                raise ValueError('no such directive: ' + name)
            self.directives[name] = value
        while lines and not lines[-1]:
            lines.pop()
        head, body = (lines, []) if '' not in lines else (lines[:lines.index('')], lines[lines.index('') + 1:])
        if head:
            self.line = head[0]
            self.status = int(head[0].split()[1])
            self.headers = head[1:]
        self.body = '\r\n'.join(body)

    @property
    def runs(self):
        """Does the script of this POST run?"""
        return 'idle' not in self.directives and ('runs' in self.directives or self.status in (200, 202))

    @property
    def cuts(self):
        return bool({'cut', 'silent', 'length'} & self.directives.keys())

    def is_of_the_end(self):
        """Does it say that the script has ended well?"""
        return '{output' in self.body or '"succeeded"' in self.body.lower()

    def bytes(self, words, more=()):
        """(the head, the body); MORE headers come last, where the play has none of that name."""
        body = fill(self.body, words).encode() + b' ' * int(self.directives.get('pad', 0))
        headers = [pair for line in self.headers for pair in self._headers(line, words)]
        headers += [pair for pair in more if pair[0].lower() not in [name.lower() for name, _ in headers]]
        if 'chunked' in self.directives:
            headers.append(('Transfer-Encoding', 'chunked'))
            middle = len(body) // 2
            body = b''.join(b'%x\r\n%s\r\n' % (len(part), part) for part in (body[:middle], body[middle:]) if part) + b'0\r\n\r\n'
        elif not any(name.lower() == 'content-length' for name, _ in headers):
            headers.append(('Content-Length', str(len(body) + int(self.directives.get('length', 0)))))
        head = self.line + '\r\n' + ''.join('%s: %s\r\n' % pair for pair in headers) + '\r\n'
        return head.encode(), body

    def _headers(self, line, words):
        if line.startswith('+'):
            name = 'of_' + line[1:]
            return getattr(shapes, name)(words['id'], *([self.status] if name == 'of_gateway' else []))
        name, _, value = fill(line, words).partition(': ')
        return [(name, value)]

    def perform(self, words, send, more=()):
        """Gives it through `send`, a function of bytes. False: the connection is to be closed."""
        if 'silent' in self.directives:
            time.sleep(float(self.directives['silent']))
            return False
        if not self.status:
            return False
        head, body = self.bytes(words, more)
        data = head + body
        if 'cut' in self.directives:
            count = self.directives['cut']
            send(data[:int(count) + (len(head) if count.startswith('+') else 0)])
            return False
        step = max(1, len(data) // 25) if 'drip' in self.directives else len(data)
        for at in range(0, len(data), step):
            send(data[at:at + step])
            if step < len(data):
                time.sleep(float(self.directives['drip'] or 0.02))
        return 'close' not in self.directives and b'\r\nconnection: close\r\n' not in head.lower()


def fill(text, words):
    return re.sub(r'\{([a-z-]+)\}', lambda match: words.get(match.group(1), match.group(0)), text)


RESULT = Answer('GET location', ['HTTP/1.1 200 OK', '+poll', 'Content-Type: application/json; charset=utf-8', '', '{output}'])


class Play:
    """Immutable. Who plays it counts the answers that were given."""

    def __init__(self, name):
        self.name, self.expect = name, None
        self.answers = {kind: [] for kind in KINDS}

    def add(self, answer):
        self.answers[answer.kind] += [answer] * int(answer.directives.get('times', 1))

    def answer(self, kind, number):
        """The one to the request of that number, from 0."""
        answers = self.answers[kind]
        if not answers and kind == 'GET location':
            return RESULT
        return answers[min(number, len(answers) - 1)] if answers else Answer(kind, [])


def _read(text):
    """The plays of one file."""
    plays, named, section, lines, name = [], {}, None, [], None
    for line in text.split('\n') + ['play END']:
        starts = line in KINDS or line.startswith(('play ', '> ', 'answer '))
        if starts and section:
            answer = Answer(section, lines)
            if name:
                named[name] = answer
            else:
                plays[-1].add(answer)
            section, name, lines = None, None, []
        if line in KINDS:
            section = line
        elif section:
            lines.append(line)
        elif line.startswith('play '):
            plays.append(Play(line.split()[1]))
        elif line.startswith('answer '):
            name = line.split()[1]
        elif line.startswith('> '):
            plays[-1].add(named[line.split()[1]])
        elif line.startswith('expect '):
            plays[-1].expect = line.split()[1:]
        elif line and not line.startswith('#'):
            raise ValueError('what is this? ' + line)
    return plays[:-1]


def load():
    """All of them, by name."""
    plays = {}
    for file in sorted(os.listdir(FOLDER)):
        with open(os.path.join(FOLDER, file), encoding='utf-8') as stream:
            for play in _read(stream.read()):
                if play.name in plays or not play.expect or not play.answers['POST']:
                    raise ValueError('%s: there twice, or without an expectation or a POST' % play.name)
                plays[play.name] = play
    return plays


def words(server, path, query, number, **more):
    """What the braces of a play mean: URLs of the SERVER ("https://localhost:1"), signed by NUMBER."""
    plain = server + path + '?' + query
    at = server.partition('://')[2]
    signed = shapes.signed(plain, number)
    monitor = shapes.signed(server + path + '?monitor=true&' + query, number, 3163)
    return dict(more, **{
        'operation': signed, 'location': monitor,
        'operation-short': plain, 'location-short': server + path + '?monitor=true&' + query,
        'operation-long': shapes.signed(plain, number, 4096),
        'operation-http': 'http://' + at + path + '?' + query,
        'operation-foreign': 'https://management.example.com' + path + '?' + query})


def write_seeds(folder):
    """Of test/fuzz/fuzz_operation.c, a file for each play."""
    end = b'\x1e'
    for name, one in load().items():
        seed = b''
        meanings = words('https://arm.example', '/operations/7', 'api-version=1', 7, id='7', output='{"value":[{"message":"m"}]}')
        for answer in one.answers['POST'] + one.answers['GET operation'] + one.answers['GET location']:
            head, body = answer.bytes(meanings) if answer.status else (b'', b'')
            found = [re.search(b'(?i)^%s: (.*)\r$' % header, head, re.M) for header in
                     (b'azure-asyncoperation', b'location', b'retry-after', b'www-authenticate')]
            number = FUZZED.index(answer.status if answer.status in FUZZED and not answer.cuts else 0)
            seed += bytes([number ^ 48, 48 ^ (4 if answer.status == 401 else 0)])
            seed += b''.join((match.group(1) if match else b'') + end for match in found) + body.rstrip(b' ') + end
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(seed)


if __name__ == '__main__':
    write_seeds(sys.argv[1])
