"""The page of `iamlint paths --format html` in a real browser: at three sizes, by keyboard alone, light and dark.

    pip install playwright && sudo apt-get install -y chromium     # or: playwright install --with-deps chromium
    python bench/browser.py [FOLDER]                               # also writes screenshots to FOLDER

Exits with 1 if the first paint takes more than two seconds at 5, 500 or 5,000 accounts, if anything needs a mouse, if
the page asks the network for anything or writes an error, or if text and background are too much alike.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page, sync_playwright

SIZES = (5, 500, 5_000)
FIRST_PAINT = 2_000
"""Milliseconds until something is painted."""
CONTRAST = 4.5
"""The least ratio of text to its background, as WCAG 2.2 has it for AA."""
TOKENS = "roles/iam.serviceAccountTokenCreator"


def estate(accounts: int) -> Iterator[str]:
    """An asset export: so many accounts, each the editor of a project, and each with somebody who can become it."""
    for number in range(accounts):
        email = f"a{number}@shop-prod.iam.gserviceaccount.com"
        who = (
            f"serviceAccount:a{number + 1}@shop-prod.iam.gserviceaccount.com"
            if number % 10
            else "group:devs@example.com"
        )
        yield asset("cloudresourcemanager", f"projects/p{number}", "Project", "roles/editor", f"serviceAccount:{email}")
        yield asset("iam", f"projects/shop-prod/serviceAccounts/{email}", "ServiceAccount", TOKENS, who)


def asset(service: str, name: str, kind: str, role: str, member: str) -> str:
    """A line of `gcloud asset export --content-type=iam-policy`."""
    policy = {"bindings": [{"role": role, "members": [member]}]}
    host = f"{service}.googleapis.com"
    return json.dumps({"name": f"//{host}/{name}", "assetType": f"{host}/{kind}", "iamPolicy": policy})


def page_of(accounts: int, place: Path) -> Path:
    """Write the page of an estate of this size."""
    export, written = place / f"{accounts}.json", place / f"{accounts}.html"
    export.write_text("\n".join(estate(accounts)) + "\n")
    command = [sys.executable, "-m", "iamlint", "paths", export.name, "--format", "html", "--quiet"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    written.write_text(done.stdout)
    return written


# -- what is checked -----------------------------------------------------------------------------------------------


def first_paint(page: Page) -> float:
    """Return the milliseconds from the navigation to the first contentful paint, waiting for it."""
    found: float = page.evaluate(
        """() => new Promise(done => {
          const told = performance.getEntriesByName("first-contentful-paint")[0];
          if (told) done(told.startTime);
          new PerformanceObserver(list => {
            const one = list.getEntriesByName("first-contentful-paint")[0];
            if (one) done(one.startTime);
          }).observe({type: "paint", buffered: true});
        })"""
    )
    return found


def by_keyboard(page: Page) -> Iterator[str]:
    """Yield what does not work by keyboard alone: search, filters, folding, more entries."""
    page.keyboard.press("/")
    if page.evaluate("document.activeElement.id") != "search":
        yield "/ does not lead to the search"
    page.keyboard.type("a1@shop-prod")
    page.wait_for_timeout(300)
    if "in 0 groups" in page.inner_text("#count"):
        yield "the search finds nothing"
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    yield from _filters(page)
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.tagName") != "SUMMARY":
        yield "Tab does not lead from the filters to the first entry"
    page.keyboard.press("Enter")
    with suppress(Error):  # an entry is filled after the browser has unfolded it
        page.locator("main > details[open] ol > li").first.wait_for(timeout=1_000)
    if not page.locator("main > details[open] ol > li").count():
        yield "Enter does not unfold an entry"
    if page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none":
        yield "the focus cannot be seen"
    page.keyboard.press("Space")
    if page.locator("main > details[open]").count():
        yield "Space does not fold it again"
    if page.locator("#more").is_visible():
        before = page.locator("main > details").count()
        page.locator("#more").focus()
        page.keyboard.press("Enter")
        if page.locator("main > details").count() <= before:
            yield "Enter on Show more shows nothing more"


def _filters(page: Page) -> Iterator[str]:
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") != "SELECT":
            yield "Tab does not lead to a filter"
            return
        before = page.inner_text("#count")
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.value") == "":
            yield f"an arrow key chooses nothing in {page.evaluate('document.activeElement.name')}"
        page.keyboard.press("Home")
        if page.inner_text("#count") != before:
            yield "a filter cannot be taken back"


def contrast(page: Page) -> float:
    """Return the least ratio of a text's colour to the page's background, over all classes of text that are shown."""
    found: float = page.evaluate(
        """() => {
          const parts = color => color.match(/[0-9.]+/g).slice(0, 3).map(Number);
          const light = color => {
            const [r, g, b] = parts(color).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const behind = node => {
            for (; node; node = node.parentElement) {
              const color = getComputedStyle(node).backgroundColor;
              if (!color.endsWith(", 0)")) return color;
            }
            return "rgb(255, 255, 255)";
          };
          const shown = "h1, p, summary, summary span, label, li div, li code, pre span";
          const texts = [...document.querySelectorAll(shown)];
          return Math.min(...texts.slice(0, 500).map(node => {
            const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
            return (pair[0] + 0.05) / (pair[1] + 0.05);
          }));
        }"""
    )
    return found


def looked_at(browser: Any, written: Path, size: int, pictures: Path | None) -> Iterator[str]:
    """Yield what is wrong with a page; print its figures."""
    for scheme in ("light", "dark"):
        told: list[str] = []
        page = browser.new_page(color_scheme=scheme)
        page.on("console", lambda message, told=told: told.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error, told=told: told.append(str(error)))
        page.on(
            "request", lambda request, told=told: None if request.url.startswith("file:") else told.append(request.url)
        )
        page.goto(written.as_uri(), wait_until="load")
        took = first_paint(page)
        if took > FIRST_PAINT:
            yield f"{scheme}: the first paint takes {took:.0f} ms"
        yield from (f"{scheme}: {one}" for one in by_keyboard(page))
        page.locator("main > details summary").first.click()
        ratio = contrast(page)
        if ratio < CONTRAST:
            yield f"{scheme}: a text has a contrast of {ratio:.1f} only"
        if pictures:
            page.screenshot(path=str(pictures / f"{size}-{scheme}.png"))
        told_count = page.inner_text("#count")
        print(f"{size:>6,} accounts, {scheme}: first paint {took:.0f} ms, least contrast {ratio:.1f}; {told_count}")
        yield from (f"{scheme}: {one}" for one in told)
        page.close()


def main(arguments: list[str]) -> int:
    pictures = Path(arguments[0]) if arguments else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    installed = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        for size in SIZES:
            written = page_of(size, Path(place))
            wrong += [f"{size} accounts, {one}" for one in looked_at(browser, written, size, pictures)]
        browser.close()
    print("\n".join(wrong) or "nothing is wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
