"""A real Chromium, driven by Selenium (Debian's chromium-driver and python3-selenium)."""
import os
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

PICTURES = os.environ.get("DASHBOARD_PICTURES")


class Browser:
    """One window, without a head, until the block ends."""

    def __init__(self, width=1280, height=1500):
        options = Options()
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
                         "--no-first-run", "--disable-background-networking", f"--window-size={width},{height}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, url):
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def resize(self, width, height):
        """The page itself, whatever a window needs around it."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def prefer(self, colours):
        """What the system would: light or dark."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": colours}]})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent", selector)

    def complaints(self):
        """What the console says that is worse than information, such as of a policy that was broken."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, name):
        """Of what the window shows, where somebody wants to look at it."""
        if PICTURES:
            self.driver.save_screenshot(str(Path(PICTURES) / f"{name}.png"))
