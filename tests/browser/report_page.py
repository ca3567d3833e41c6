"""The report in a real headless Chromium, from ``file://``, in which no name of a host is known."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from igv_page import CHROMIUM, DRIVER, FLAGS, asked_for
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

_AXE = """
const done = arguments[0];
axe.run(document, { resultTypes: ["violations"] }).then(
  (found) => done(found.violations.map((rule) => ({
    id: rule.id, impact: rule.impact, nodes: rule.nodes.map((node) => node.html) }))),
  (error) => done(String(error)));
"""


class ReportPage:
    """An open report; ``downloads`` is where its buttons put files."""

    def __init__(self, driver: Chrome, downloads: Path) -> None:
        self.driver, self.downloads = driver, downloads

    def open(self, page: Path) -> None:
        """Open a file."""
        self.driver.get(page.resolve().as_uri())

    def all(self, selector: str) -> list[WebElement]:
        """Elements by CSS selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Click the first of them."""
        self.run("arguments[0].click()", self.all(selector)[0])

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def column(self, table: str, number: int) -> list[str]:
        """Text of a column's cells in the rows that are shown."""
        return list(
            self.run(
                "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)]"
                ".filter((row) => !row.hidden).map((row) => row.cells[arguments[1]].textContent)",
                table,
                number,
            )
        )

    def download(self, key: str) -> list[list[str]]:
        """Rows of the file that a plot's or table's button gives."""
        path = self.downloads / f"{key}.tsv"
        self.all(f'button[data-get="{key}"]')[0].send_keys(Keys.ENTER)
        until = monotonic() + 20
        while not path.is_file():
            assert monotonic() < until, f"no {path}"
            sleep(0.05)
        text = path.read_text(encoding="utf-8")
        path.unlink()
        assert text.endswith("\n")
        return [line.split("\t") for line in text[:-1].split("\n")]

    def screenshot(self, path: Path, height: int) -> Path:
        """Save the page as PNG, down to a height in pixels."""
        clip = {"x": 0, "y": 0, "width": 1200, "height": height, "scale": 1}
        asked = {"format": "png", "clip": clip, "captureBeyondViewport": True}
        answer = self.driver.execute_cdp_cmd("Page.captureScreenshot", asked)
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    def requests(self) -> set[str]:
        """Addresses that were asked for since the last call."""
        return asked_for(self.driver)

    def complaints(self) -> list[str]:
        """What the browser complains of: errors of scripts, what was blocked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def violations(self) -> list[dict[str, Any]]:
        """What axe-core finds that keeps people out, serious or worse."""
        script = files("axe_core_python") / "axe.min.js"
        self.run(script.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(_AXE)
        assert isinstance(found, list), found
        return [each for each in found if each["impact"] in ("serious", "critical")]

    def resize(self, width: int, phone: bool = False) -> None:
        """Give the page a width in pixels."""
        size = {"width": width, "height": 850, "deviceScaleFactor": 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str, media: str = "") -> None:
        """Prefer the colours ``light`` or ``dark``, on a screen or on paper."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": media, "features": features}
        )


@contextmanager
def open_chromium(folder: Path, known: str = "") -> Iterator[ReportPage]:
    """A browser without a network; what it keeps and downloads lies in a new folder.

    ``known`` is the one address that it can ask.
    """
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    chrome = ChromeOptions()
    chrome.binary_location = CHROMIUM
    chrome.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    chrome.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    dead = "--host-resolver-rules=MAP * ~NOTFOUND" + (f", EXCLUDE {known}" if known else "")
    profile = f"--user-data-dir={folder / 'profile'}"
    for flag in (*FLAGS, dead, profile, "--window-size=1200,900"):
        chrome.add_argument(flag)
    driver = Chrome(chrome, Service(DRIVER))
    try:
        driver.set_script_timeout(60)
        yield ReportPage(driver, downloads)
    finally:
        driver.quit()
