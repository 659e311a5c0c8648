# SPDX-License-Identifier: MIT
"""
A page in headless Chromium, driven through Debian's chromedriver by WebDriver (W3C), with nothing but
the standard library.

    with Browser() as browser:
        browser.open("/tmp/run.html")
        browser.run("return document.title")

Everything runs in a new folder, and afterwards the folder and all processes that knew of it are gone.
What the console says is kept, and a page that asks the network for anything would say so there.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that WebDriver's standard gives to elements
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]
KEYS = {"enter": "\ue007", "tab": "\ue004", "space": " "}


class Browser:
    def __init__(self, script=True):
        self.place = tempfile.mkdtemp(prefix="azfan-page-")
        environment = {**os.environ, "HOME": self.place, "TMPDIR": self.place}
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=environment, start_new_session=True)
        try:
            self.base = f"http://127.0.0.1:{self._find_port()}"
            self.session = None
            self.session = self._begin(script)
        except BaseException:
            self._end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._ask("DELETE", "")
        finally:
            self._end()

    def _find_port(self):
        for line in self.driver.stdout:
            if "was started successfully on port" in line:
                return int(line.rstrip().rstrip(".").split()[-1])
        raise RuntimeError("chromedriver did not start")

    def _begin(self, script):
        options = {"binary": shutil.which("chromium"),
                   "args": [*ARGUMENTS, f"--user-data-dir={self.place}/profile"]}
        if not script:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        return answer["sessionId"]

    def _end(self):
        self.driver.kill()
        self.driver.wait()
        for process in self._processes():
            os.kill(process, signal.SIGKILL)
        self.driver.stdout.close()
        shutil.rmtree(self.place, ignore_errors=True)

    def _processes(self):
        """What was started for this browser and is still there: it has our folder in its environment."""
        mark = f"TMPDIR={self.place}".encode()
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read().split(b"\0"):
                        yield int(name)
            except OSError:
                continue

    def _ask(self, method, path, body=None):
        prefix = f"/session/{self.session}" if getattr(self, "session", None) else ""
        request = urllib.request.Request(
            self.base + prefix + path, method=method,
            data=json.dumps(body or {}).encode() if method == "POST" else None,
            headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise RuntimeError(f"{value['error']}: {value['message'].splitlines()[0]}") from None

    def open(self, path):
        self._ask("POST", "/url", {"url": "file://" + os.path.abspath(path)})

    def run(self, script, *arguments):
        """The value that SCRIPT, the body of a function, returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_later(self, script, *arguments):
        """The same for a script that calls its last argument with the value."""
        return self._ask("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self._ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self._ask("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector, text):
        self._ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, key):
        """A key, to what has the focus."""
        key = KEYS.get(key, key)
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def resize(self, width, height=900):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme):
        """"light" or "dark"."""
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": scheme}])

    def console(self):
        """What the console has said since the last time."""
        return [entry["message"] for entry in self._ask("POST", "/se/log", {"type": "browser"})]

    def picture(self, path):
        """The whole page, from its top to its end."""
        data = self.command("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def paper(self, path):
        data = self.command("Page.printToPDF", printBackground=False, paperWidth=8.27,
                            paperHeight=11.69)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
