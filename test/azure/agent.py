# SPDX-License-Identifier: MIT
"""A simulated VM: runs a script as the Linux agent's run-command extension does.

What the extension does and a laptop's shell does not: an almost empty environment, standard input
from /dev/null, a read-only script in a folder of its own, only the tail of each stream in the
answer, and no exit status.
"""

import os
import pathlib
import re
import signal
import subprocess
import threading

TAIL = 4096
SAMPLE = 'echo This is a sample script\necho Optional parameters: $arg1 $arg2\n'

# Between the fork and the exec of one script, the child holds every file that is open for writing;
# another script written at that moment could not be executed (ETXTBSY).
_starting = threading.Lock()


def script_text(body):
    """The script that the extension gets for a request body."""
    lines = body.get('script')
    text = '\n'.join(lines) if lines else SAMPLE  # the service has its own sample for an empty request
    return with_parameters(text.replace('\r\n', '\n'), body.get('parameters') or [])


def with_parameters(text, parameters):
    """The service puts parameters, unquoted, behind the #! line."""
    if not parameters:
        return text
    lines = ['export ' + ' '.join('%s=%s' % (p['name'], p['value']) for p in parameters),
             'set -- ' + ' '.join(p['value'] for p in parameters)]
    first, newline, rest = text.partition('\n')
    if first.startswith('#!'):
        return '\n'.join([first] + lines + [rest])
    return '\n'.join(lines + [first]) + newline + rest


class Run:
    """One script on one VM, in a session of its own."""

    def __init__(self, folder, text):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        path = self.folder / self._name()
        with _starting, open(self.folder / 'stdout', 'wb') as out, open(self.folder / 'stderr', 'wb') as err:
            path.write_text(text, encoding='utf-8')
            path.chmod(0o500)
            self.process = self._start(out, err)

    def _name(self):
        return 'script.sh'

    def _start(self, out, err):
        return subprocess.Popen(
            ['/bin/sh', '-c', str(self.folder / self._name())], cwd=self.folder, env=self._environment(),
            stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)

    def _environment(self):
        # The real one has no TMPDIR. But here all VMs are one machine, on which nothing may be left.
        return {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
                'PWD': str(self.folder), 'LANG': 'en_US.UTF-8', 'SHLVL': '0', 'TMPDIR': str(self.folder.parent)}

    def wait(self, seconds=None):
        """Whether the script ended. What it left in the background holds nothing up."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def message(self):
        return 'Enable succeeded: \n[stdout]\n%s\n[stderr]\n%s' % (self._tail('stdout'), self._tail('stderr'))

    def _tail(self, name):
        return (self.folder / name).read_bytes()[-TAIL:].decode('utf-8', 'replace')

    def kill(self):
        kill_all(self.folder, {self.process.pid})
        self.process.wait()


class WindowsRun(Run):
    """One script on one Windows VM: PowerShell runs it, and the answer has a status for each stream."""

    def __init__(self, folder, text, powershell):
        self.powershell = powershell  # a folder with powershell.exe and taskkill.exe
        super().__init__(folder, text)

    def _start(self, out, err):
        return subprocess.Popen(
            [os.path.join(self.powershell, 'powershell.exe'), '-ExecutionPolicy', 'Unrestricted', '-File',
             str(self.folder / self._name())], cwd=self.folder, env=self._environment(),
            stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)

    def _name(self):
        return 'script0.ps1'

    def _environment(self):
        environment = super()._environment()
        home = str(self.folder.parent)
        return dict(environment, PATH=self.powershell + ':' + environment['PATH'], HOME=home, ProgramData=home,
                    LC_ALL='C.UTF-8', NO_COLOR='1', TERM='dumb')

    def streams(self):
        return [self._tail('stdout'), self._tail('stderr')]


def kill_all(folder, sessions):
    """Kill what was started below a folder, also what has left its process group or session.

    Twice nothing found is the end: a process may fork between the look and the kill.
    """
    quiet = 0
    while quiet < 2:
        found = [pid for pid in _processes() if _belongs(pid, folder, sessions)]
        quiet = 0 if found else quiet + 1
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _processes():
    return [int(name) for name in os.listdir('/proc') if name.isdigit()]


def _belongs(pid, folder, sessions):
    try:
        fields = pathlib.Path('/proc/%d/stat' % pid).read_text().rpartition(')')[2].split()
        environment = pathlib.Path('/proc/%d/environ' % pid).read_bytes()
    except OSError:
        return False
    if fields[0] in 'ZX':
        return False
    pattern = rb'(^|\0)(OLD)?PWD=%s(/|\0|$)' % re.escape(os.fsencode(folder))
    return int(fields[3]) in sessions or re.search(pattern, environment) is not None
