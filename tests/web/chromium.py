"""A real browser for the tests of pages. Leaves with exit code 77, skipped, where there is none to drive."""
import pathlib
import sys

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError:
    print("skipped: no python3-selenium")
    sys.exit(77)

BROWSER, DRIVER = pathlib.Path("/usr/bin/chromium"), pathlib.Path("/usr/bin/chromedriver")
if not (BROWSER.exists() and DRIVER.exists()):
    print("skipped: no chromium")
    sys.exit(77)


def browser(**preferences):
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1300,2400",
                     "--force-prefers-reduced-motion"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if preferences:
        options.add_experimental_option("prefs", preferences)
    return webdriver.Chrome(service=Service(str(DRIVER)), options=options)


# How many colours a figure has: one that is empty has none or one.
COLOURS = """
return [...document.querySelectorAll('canvas')].map(canvas => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  return [canvas.getAttribute('aria-label').split('.')[0], seen.size];
});"""


def check(condition, what):
    assert condition, what
    print("ok", what)
