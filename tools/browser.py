"""A real headless Chromium, driven over chromedriver's own protocol (W3C WebDriver)."""

import base64
import os
import shutil
import subprocess

import pytest
import requests

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=640,580",
]  # fmt: skip
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The protocol's name for an element."""
NAMED_KEYS = {
    "Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Space": " ", "End": "\ue010", "Home": "\ue011",
    "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
}  # fmt: skip
"""Codes of the protocol by the names of pages."""
PATIENCE = 30
"""How long an element may take to appear, seconds: a page may still be on its way."""


def programs():
    """Return the paths of chromium and chromedriver; skip where they are missing, but not in CI."""
    browsers = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    found = next(filter(None, browsers), None), shutil.which("chromedriver")
    if None in found:
        told = "chromium and chromedriver are needed (Debian: apt install chromium chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found


def _own_clock():
    """Return the environment of a browser, which keeps the machine's clock: under libfaketime it spins."""
    return {name: value for name, value in os.environ.items() if name not in {"LD_PRELOAD", "FAKETIME"}}


class Browser:
    """One window with an empty profile of its own."""

    def __init__(self, profile):
        chromium, driver = programs()
        self._driver = subprocess.Popen(
            [driver, "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=_own_clock(),
        )
        port = next(
            line.split()[-1].rstrip(".") for line in self._driver.stdout if "successfully on port" in line
        )
        self._url = f"http://127.0.0.1:{port}"
        options = {"binary": chromium, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": PATIENCE * 1000},
        }
        asked = {"capabilities": {"alwaysMatch": wanted}}
        try:
            self._url += f"/session/{self._ask('POST', '/session', asked)['sessionId']}"
        except BaseException:
            self._end()
            raise

    def _ask(self, method, path, body=None):
        answer = requests.request(method, self._url + path, json=body, timeout=2 * PATIENCE).json()["value"]
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def open(self, url):
        self._ask("POST", "/url", {"url": url})

    def click(self, selector):
        """Click in the middle of an element, which is put into the middle of the window before."""
        self.wait_for(selector)
        self.run(f"document.querySelector({selector!r}).scrollIntoView({{ block: 'center' }})")
        self._ask("POST", f"/element/{self._find('css selector', selector)}/click", {})

    def press(self, *keys):
        """Press keys one after the other; names such as `Tab`, `ArrowLeft` and `Enter` are those of pages."""
        for key in keys:
            code = NAMED_KEYS.get(key, key)
            actions = [{"type": "keyDown", "value": code}, {"type": "keyUp", "value": code}]
            self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def drag(self, selector, start, end):
        """Drag the mouse inside an element, from one share of its width to another."""
        self.run(f"document.querySelector({selector!r}).scrollIntoView({{ block: 'center' }})")
        box = self.run(f"return document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
        y = round(box["y"] + box["height"] / 2)
        first, last = (round(box["x"] + share * box["width"]) for share in (start, end))
        actions = [
            {"type": "pointerMove", "x": first, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "x": last, "y": y, "duration": 50},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {
            "type": "pointer",
            "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": actions,
        }
        self._ask("POST", "/actions", {"actions": [pointer]})

    def printed(self):
        """Return the page as PDF, on A4."""
        paper = {"page": {"width": 21.0, "height": 29.7}, "background": True, "shrinkToFit": False}
        return base64.b64decode(self._ask("POST", "/print", paper))

    def wait_for_heading(self, text):
        """Wait for the page whose heading is `text`."""
        self._find("xpath", f"//h1[normalize-space()='{text}']")

    def wait_for(self, selector):
        """Wait for an element."""
        self._find("css selector", selector)

    def run(self, script):
        """Return what the body of a JavaScript function returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": []})

    def run_async(self, script):
        """Return what the body of a JavaScript function gives to the function that is its argument."""
        return self._ask("POST", "/execute/async", {"script": script, "args": []})

    def look(self, width, height, scheme):
        """Be a screen of so many pixels whose owner prefers `light` or `dark`."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._devtools("Emulation.setEmulatedMedia", {"features": features})

    def pretend(self, moment):
        """Let pages that are opened from now on take a moment for the present one."""
        source = f"Date.now = () => {round(moment.timestamp() * 1000)};"
        self._devtools("Page.addScriptToEvaluateOnNewDocument", {"source": source})

    def console(self):
        """Return what the console says since the last call."""
        return [entry["message"] for entry in self._ask("POST", "/se/log", {"type": "browser"})]

    def _devtools(self, command, parameters):
        self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, path):
        path.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def _find(self, using, value):
        return self._ask("POST", "/element", {"using": using, "value": value})[ELEMENT]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ask("DELETE", "")
        self._end()

    def _end(self):
        self._driver.terminate()
        self._driver.communicate()
