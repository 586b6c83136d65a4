"""The page of `afdc explore --html` in a real browser: it opens from a file, shows every figure, and answers.

Called with the compiler. Skips (exit code 77) where there is no Chromium to drive.
"""
import pathlib
import subprocess
import sys
import tempfile

from chromium import COLOURS, By, Keys, Select, WebDriverWait, browser, check


def heading(page):
    return page.execute_script("return document.querySelector('.figures section h3').textContent")


def main():
    afdc = sys.argv[1]
    folder = tempfile.TemporaryDirectory()
    path = pathlib.Path(folder.name) / "plan.html"
    subprocess.run(
        [afdc, "plan", "DeepSeekV3", "4xH200x8", "Chat", "--slo", "ttft<10s,tpot<100ms", "--html", str(path)],
        check=True, stdout=subprocess.DEVNULL)
    text = path.read_text()
    check("src=" not in text.split("<script>")[0] and "@" + "DATA@" not in text, "the page is complete")

    page = browser()
    try:
        page.get(path.as_uri())
        figures = dict(page.execute_script(COLOURS))
        for title in ("What can be had", "When does each pay off?", "Where a step’s time goes", "Memory of a device",
                      "Margins to the promises", "What would help"):
            check(figures.get(title, 0) > 8, f"figure: {title} ({figures.get(title)} colours)")
        check(page.execute_script("return performance.getEntriesByType('resource').length") == 0, "no network")

        before = heading(page)
        rows = page.find_elements(By.CSS_SELECTOR, "tr[data-point] button")
        check(len(rows) > 3, "rows of the tables can be chosen")
        rows[1].send_keys(Keys.ENTER)
        check(heading(page) != before, "a row chosen by the keyboard shows its point")

        # A click on a drawn point of the first figure, once the page has settled after the last change.
        spot = page.execute_async_script("""
          const done = arguments[arguments.length - 1], canvas = document.querySelector('canvas');
          canvas.scrollIntoView();
          requestAnimationFrame(() => requestAnimationFrame(() => {
            const chart = Chart.getChart(canvas), at = canvas.getBoundingClientRect();
            const set = chart.data.datasets.findIndex(d => d.label === 'aggregated');
            const element = chart.getDatasetMeta(set).data[0];
            done([at.x + element.x, at.y + element.y, chart.data.datasets[set].data[0].p.point]);
          }));""")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            page.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": spot[0], "y": spot[1], "button": "left",
                                                              "clickCount": 1})
        WebDriverWait(page, 10).until(lambda _: f"Point {spot[2]}" in heading(page), "a click on a point shows it")
        print("ok a click on a point shows it")
        check("aggregated" in heading(page), "and its space")

        box = page.find_element(By.CSS_SELECTOR, ".controls input[type=checkbox]")
        hidden = "return Chart.getChart(document.querySelector('canvas')).data.datasets.filter(d => d.hidden).length"
        check(page.execute_script(hidden) == 0, "all spaces are shown")
        box.click()
        check(page.execute_script(hidden) > 0, "a space can be hidden")
        Select(page.find_element(By.CSS_SELECTOR, ".controls select")).select_by_value("cost_per_mtok")
        axis = page.execute_script("return Chart.getChart(document.querySelector('canvas')).options.scales.y.title.text")
        check("USD" in axis, "the figure can show cost")

        # The best point with attention and FFN apart has a timeline.
        for row in page.find_elements(By.CSS_SELECTOR, "tr[data-point]"):
            if row.find_elements(By.XPATH, ".//td[text()='afd']"):
                row.find_element(By.TAG_NAME, "button").click()
                if dict(page.execute_script(COLOURS)).get("Microbatches of decode: the first layers", 0) > 8:
                    break
        check("Microbatches of decode: the first layers" in dict(page.execute_script(COLOURS)), "the timeline of microbatches")

        if len(sys.argv) > 2:  # for people who want to look at it
            page.set_window_size(1300, 2600)
            page.save_screenshot(sys.argv[2])
        light = page.execute_script("return getComputedStyle(document.body).backgroundColor")
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        check(page.execute_script("return getComputedStyle(document.body).backgroundColor") != light, "dark and light")
        # Reading pixels back is this test's doing.
        errors = [entry for entry in page.get_log("browser")
                  if entry["level"] in ("SEVERE", "WARNING") and "willReadFrequently" not in entry["message"]]
        check(not errors, f"no errors in the console {errors}")
    finally:
        page.quit()

    page = browser(**{"profile.managed_default_content_settings.javascript": 2})
    try:
        page.get(path.as_uri())
        check(len(page.find_elements(By.CSS_SELECTOR, "table tr")) > 10, "tables without JavaScript")
        check(page.find_element(By.TAG_NAME, "pre").is_displayed(), "and the best point as a file")
        check(not page.find_element(By.CLASS_NAME, "figures").is_displayed(), "and no empty figures")
    finally:
        page.quit()


main()
