"""Opens pages in a headless Chromium, by WebDriver, and prints what it finds as one JSON document.

browser.py FOLDER SEARCH PAGE: FOLDER has axe.min.js and mermaid.min.js; SEARCH is a part of a host's name; PAGE is a file.
browser.py FOLDER --mermaid TEXT: whether Mermaid parses and draws the diagram of a file.
browser.py FOLDER --again PAGE OTHER TEXT: whether a page that OTHER replaces has TEXT soon, without anybody's doing.
"""

import base64
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request


class Browser:
    """A session of chromedriver, which chooses a free port and says which."""

    def __init__(self, *arguments):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        self.session = None
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.url = "http://127.0.0.1:" + line.rsplit(" ", 1)[1].strip().rstrip(".")
                break
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000", *arguments]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = "/session/" + self.call("/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self.call(self.session + "/timeouts", {"script": 120_000})

    def call(self, path, body=None, method="POST"):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            sys.exit(f"{path}: {error.read().decode()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.session:
            self.call(self.session, method="DELETE")
        self.driver.terminate()
        self.driver.wait()

    def open(self, path):
        self.call(self.session + "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def run(self, script, *arguments):
        return self.call(self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def wait_for(self, script, *arguments):
        return self.call(self.session + "/execute/async", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.call(self.session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self):
        return [entry["message"] for entry in self.call(self.session + "/se/log", {"type": "browser"})]


AXE = """const done = arguments[arguments.length - 1];
axe.run(document).then((found) => done(found.violations.map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" "))),
                       (error) => done(["" + error]));"""


def look(folder, search, page):
    """Light, dark and printed: what axe and the console say, and whether the search finds."""
    found = {"axe": {}, "background": {}, "wider": []}
    axe = (pathlib.Path(folder) / "axe.min.js").read_text()
    with Browser() as browser:
        for scheme in ("light", "dark"):
            browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.open(page)
            found["background"][scheme] = browser.run("return getComputedStyle(document.body).backgroundColor")
            # a script of WebDriver is not one of the page, and its policy does not hold for it
            browser.run(axe + "\nwindow.axe = axe;")
            found["axe"][scheme] = browser.wait_for(AXE)
        browser.run("const q = document.getElementById('q'); q.value = arguments[0]; q.dispatchEvent(new Event('input'));", search)
        time.sleep(0.4)
        found["said"] = browser.run("return document.getElementById('found').textContent")
        found["hits"] = browser.run("return document.querySelectorAll('li.hit').length")
        found["tip"] = browser.run(
            "const cell = document.querySelector('ul.h > li'); cell.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));"
            "return document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent")
        browser.run("document.getElementById('fold').click()")
        found["open"] = browser.run("return document.querySelectorAll('.batches details[open]').length")
        for width in (360, 800, 1280):
            browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            if browser.run("return document.documentElement.scrollWidth > innerWidth"):
                found["wider"].append(width)
        browser.devtools("Emulation.clearDeviceMetricsOverride")
        pdf = base64.b64decode(browser.call(browser.session + "/print", {"page": {"width": 21.0, "height": 29.7}}))
        found["pdf"], found["sheets"] = pdf[:5].decode(), len(re.findall(rb"/Type /Page\b", pdf))
        browser.devtools("Emulation.setEmulatedMedia", media="print")
        found["cuts"] = browser.run("return [...new Set([...document.querySelectorAll('ul.h > li, tr, figure')].map((one) => getComputedStyle(one).breakInside))]")
        browser.devtools("Emulation.setEmulatedMedia", media="")
        found["scripts"] = browser.run("return document.scripts.length")
        found["alerted"] = browser.run("return window.alerted || null")
        found["requests"] = browser.run("return performance.getEntriesByType('resource').map((one) => one.name)")
        found["console"] = browser.log()
    return found


def draw(folder, text):
    """Whether Mermaid's parser takes a text, and how many nodes it draws."""
    script = (pathlib.Path(folder) / "mermaid.min.js").read_text()
    with Browser() as browser:
        browser.call(browser.session + "/url", {"url": "about:blank"})
        # in the scope of the page, where it looks for itself
        browser.devtools("Runtime.evaluate", expression=script)
        return browser.wait_for(
            "const done = arguments[arguments.length - 1]; mermaid.initialize({startOnLoad: false});"
            "mermaid.parse(arguments[0]).then(() => mermaid.render('d', arguments[0])).then(({svg}) => {"
            "  const made = document.createElement('div'); made.innerHTML = svg;"
            "  done({nodes: made.querySelectorAll('.node').length, text: made.textContent, scripts: made.querySelectorAll('script,img,a').length});"
            "}, (error) => done({error: '' + error}));",
            pathlib.Path(text).read_text())


def again(page, other, text):
    """Whether a page is read again by itself, keeps what was searched for, and can be held still."""
    has = "return document.body.textContent.includes(arguments[0])"
    with Browser() as browser:
        browser.open(page)
        found = {"before": browser.run(has, text)}
        browser.run("document.getElementById('hold').checked = true")
        shutil.move(other, page)
        time.sleep(4)
        found["held"] = browser.run(has, text)
        browser.run("document.getElementById('hold').checked = false; document.getElementById('q').value = 'web'")
        until = time.monotonic() + 20
        while not (found.get("after") or time.monotonic() > until):
            time.sleep(0.2)
            found["after"] = browser.run(has, text)
        found["search"] = browser.run("return document.getElementById('q').value")
        found["console"] = browser.log()
    return found


if __name__ == "__main__":
    if sys.argv[2] == "--again":
        print(json.dumps(again(*sys.argv[3:])))
    elif sys.argv[2] == "--mermaid":
        print(json.dumps(draw(sys.argv[1], sys.argv[3])))
    else:
        print(json.dumps(look(*sys.argv[1:])))
