"""Opens pages in a headless Chromium and prints what it finds as one JSON document.

browser.py FOLDER SEARCH PAGE: FOLDER has axe.min.js and mermaid.min.js; SEARCH is a part of a host's name; PAGE is a file.
browser.py FOLDER --mermaid TEXT: whether Mermaid parses and draws the diagram of a file.
browser.py FOLDER --again PAGE OTHER TEXT: whether a page that OTHER replaces has TEXT soon, without anybody's doing.

It speaks Chromium's own protocol (https://chromedevtools.github.io/devtools-protocol/) over its pipe: a driver of browsers gives up
on a command after ten seconds, which printing a large page on a busy machine may take. Here only the whole has a limit.
"""

import base64
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time

# a hanging browser is to end the test, a slow one is not
LONGEST = 1200


class Refused(Exception):
    """A command that failed."""


class Browser:
    """A Chromium with one page, which reads commands on 3 and writes answers and events to 4, each ended by a zero byte."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                     "--disable-component-update", "--disable-hang-monitor", "--no-first-run", "--password-store=basic",
                     "--window-size=1280,1000", "--remote-debugging-pipe", f"--user-data-dir={self.folder.name}", "about:blank"]
        (read, self.commands), (self.answers, write) = above_4(*os.pipe()), above_4(*os.pipe())
        inherited = [(os.POSIX_SPAWN_DUP2, read, 3), (os.POSIX_SPAWN_DUP2, write, 4), (os.POSIX_SPAWN_DUP2, 2, 1)]
        self.process = os.posix_spawnp("chromium", ["chromium", *arguments], os.environ, file_actions=inherited)
        os.close(read)
        os.close(write)
        self.session, self.count, self.rest, self.console, self.loaded = None, 0, bytearray(), [], set()
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in pages if one["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.session = None
        self.call("Browser.close")
        os.close(self.commands)
        os.waitpid(self.process, 0)
        self.folder.cleanup()

    def call(self, method, **parameters):
        """What a command answers, whenever it does."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        rest = memoryview(json.dumps(message).encode() + b"\0")
        while rest:
            rest = rest[os.write(self.commands, rest):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise Refused(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        """The next message; what an event tells is kept."""
        searched = 0
        while (end := self.rest.find(0, searched)) < 0:
            searched = len(self.rest)
            some = os.read(self.answers, 1 << 20)
            if not some:
                raise SystemExit("Chromium has ended")
            self.rest += some
        message = json.loads(self.rest[:end])
        del self.rest[:end + 1]
        event, told = message.get("method"), message.get("params", {})
        if event == "Runtime.consoleAPICalled":
            self.console.append(told["type"] + ": " + " ".join(str(one.get("value", one.get("description"))) for one in told["args"]))
        elif event == "Runtime.exceptionThrown":
            self.console.append(json.dumps(told["exceptionDetails"]))
        elif event == "Log.entryAdded":
            self.console.append(told["entry"]["level"] + ": " + told["entry"]["text"])
        elif event == "Page.lifecycleEvent" and told["name"] == "load":
            self.loaded.add(told["loaderId"])
        return message

    def open(self, path):
        going = self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        if "errorText" in going:
            raise Refused(f"{path}: {going['errorText']}")
        while going["loaderId"] not in self.loaded:
            self.receive()

    def evaluate(self, expression):
        """The value of an expression, or of what it promises; it is not one of the page, whose policy does not hold for it."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise Refused(json.dumps(found["exceptionDetails"]))
        return found["result"].get("value")

    def run(self, script, *arguments):
        """What the body of a function returns."""
        return self.evaluate(f"(async function () {{ {script} }})(...{json.dumps(arguments)})")


def above_4(*numbers):
    """The same files, under numbers that are not given away."""
    moved = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 5) for number in numbers]
    for number in numbers:
        os.close(number)
    return moved


AXE = """const {violations} = await axe.run(document);
return violations.map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" "));"""
# the search waits for the end of a word
SEARCH = """const q = document.getElementById("q"), said = document.getElementById("found");
q.value = arguments[0];
q.dispatchEvent(new Event("input"));
while (!said.textContent) await new Promise((go) => setTimeout(go, 20));
return said.textContent;"""


def look(folder, search, page):
    """Light, dark and printed: what axe and the console say, and whether the search finds."""
    found = {"axe": {}, "background": {}, "wider": []}
    axe = (pathlib.Path(folder) / "axe.min.js").read_text()
    with Browser() as browser:
        for scheme in ("light", "dark"):
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.open(page)
            found["background"][scheme] = browser.run("return getComputedStyle(document.body).backgroundColor")
            browser.evaluate(axe + "\n;0")
            found["axe"][scheme] = browser.run(AXE)
        found["said"] = browser.run(SEARCH, search)
        found["hits"] = browser.run("return document.querySelectorAll('li.hit').length")
        found["tip"] = browser.run(
            "const cell = document.querySelector('ul.h > li'); cell.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));"
            "return document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent")
        browser.run("document.getElementById('fold').click()")
        found["open"] = browser.run("return document.querySelectorAll('.batches details[open]').length")
        for width in (360, 800, 1280):
            browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            if browser.run("return document.documentElement.scrollWidth > innerWidth"):
                found["wider"].append(width)
        browser.call("Emulation.clearDeviceMetricsOverride")
        pdf = base64.b64decode(browser.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
        found["pdf"], found["sheets"] = pdf[:5].decode(), len(re.findall(rb"/Type /Page\b", pdf))
        browser.call("Emulation.setEmulatedMedia", media="print")
        found["cuts"] = browser.run("return [...new Set([...document.querySelectorAll('ul.h > li, tr, figure')].map((one) => getComputedStyle(one).breakInside))]")
        browser.call("Emulation.setEmulatedMedia", media="")
        found["scripts"] = browser.run("return document.scripts.length")
        found["alerted"] = browser.run("return window.alerted || null")
        found["requests"] = browser.run("return performance.getEntriesByType('resource').map((one) => one.name)")
        found["console"] = browser.console
    return found


def draw(folder, text):
    """Whether Mermaid's parser takes a text, and how many nodes it draws."""
    script = (pathlib.Path(folder) / "mermaid.min.js").read_text()
    with Browser() as browser:
        browser.evaluate(script + "\n;0")
        return browser.run(
            "mermaid.initialize({startOnLoad: false});"
            "try { await mermaid.parse(arguments[0]); } catch (error) { return {error: '' + error}; }"
            "const {svg} = await mermaid.render('d', arguments[0]), made = document.createElement('div');"
            "made.innerHTML = svg;"
            "return {nodes: made.querySelectorAll('.node').length, text: made.textContent, scripts: made.querySelectorAll('script,img,a').length};",
            pathlib.Path(text).read_text())


def again(page, other, text):
    """Whether a page is read again by itself, keeps what was searched for, and can be held still."""
    has = "return [document.readyState === 'complete' && document.body.textContent.includes(arguments[0]), document.getElementById('q').value]"
    with Browser() as browser:
        # each page that is read is held, at once: none is read again while it is looked at, however slow the machine
        holding = browser.call(
            "Page.addScriptToEvaluateOnNewDocument",
            source="addEventListener('DOMContentLoaded', () => { document.getElementById('hold').checked = true; })")
        browser.open(page)
        found = {"before": browser.run(has, text)[0]}
        shutil.move(other, page)
        # by the page's own clock
        browser.run("await new Promise((go) => setTimeout(go, 1500 * document.body.dataset.again))")
        found["held"] = browser.run(has, text)[0]
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=holding["identifier"])
        browser.run("document.getElementById('hold').checked = false; document.getElementById('q').value = 'web'")
        while not found.get("after"):
            time.sleep(0.2)
            try:
                found["after"], found["search"] = browser.run(has, text)
            except Refused:
                pass  # it was replaced in that moment
        found["console"] = browser.console
    return found


def give_up(*_):
    raise SystemExit(f"Chromium has not done it in {LONGEST} seconds")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST)
    if sys.argv[2] == "--again":
        print(json.dumps(again(*sys.argv[3:])))
    elif sys.argv[2] == "--mermaid":
        print(json.dumps(draw(sys.argv[1], sys.argv[3])))
    else:
        print(json.dumps(look(*sys.argv[1:])))
