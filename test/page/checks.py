#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
usage: checks.py CHECK PAGE...

Looks at pages in Chromium. Each check is a function; its first line says what it protects. A check
fails with an AssertionError that says what was seen.
"""
import os
import re
import sys

from browser import Browser

ROWS = "return [...document.querySelectorAll('#targets tbody tr')]"
NAMES = ROWS + ".filter(row => !row.hidden).map(row => row.cells[0].textContent)"
PAPER = 720  # pixels: A4 with the margins of browsers
FACE = "return getComputedStyle(document.body).%s"


def same(seen, expected):
    assert seen == expected, f"{seen!r}, not {expected!r}"


def quiet(browser):
    same(browser.console(), [])


def contents(page):
    """What a person looks for is there to be seen."""
    with Browser() as browser:
        browser.open(page)
        text = browser.run("return document.body.innerText")
        for words in ("1 of 12 is not ok", "Rehearsal", "1 timeout (az)", "What to do", "azfan rerun", "Timeline",
                      "Durations", "11 ok", "standard output of the script", "Targets", "SHA-256 of the script",
                      "exit status 4: a target timed out or is unknown", "by ", "one of the 4 az that ran"):
            assert words in text, words
        same(browser.run("return document.title"), "look: 1 of 12 not ok (rehearsal) - azfan")
        same(browser.run(ROWS + ".length"), 12)
        # Every bar can be seen, within its picture.
        same(browser.run("""
            const box = document.querySelector('svg.timeline').getBoundingClientRect();
            return [...document.querySelectorAll('svg.timeline rect')].filter(rect => {
                const place = rect.getBoundingClientRect();
                return place.width < 1 || place.height < 1 || place.left < box.left - 2 ||
                    place.right > box.right + 12 || place.bottom > box.bottom + 1;
            }).length"""), 0)
        # A wait is a line that is as thick in a wide window as in a narrow one, and hides nothing.
        same(browser.run("""
            const style = getComputedStyle(document.querySelector('svg.timeline path.wait'));
            return [style.fill, style.vectorEffect, style.opacity]"""), ["none", "non-scaling-stroke", "1"])
        quiet(browser)


def sorts_by_mouse(page):
    """A click on a head sorts by what the column means, another one the other way round."""
    durations = ROWS + ".map(row => Number(row.cells[3].dataset.value))"
    head = "#targets th:nth-child(%d)"
    with Browser() as browser:
        browser.open(page)
        browser.click(head % 4 + " button")
        rising = browser.run(durations)
        same(rising, sorted(rising))
        same(browser.run(f"return document.querySelector('{head % 4}').ariaSort"), "ascending")
        browser.click(head % 4 + " button")
        same(browser.run(durations), sorted(rising, reverse=True))
        same(browser.run(f"return document.querySelector('{head % 4}').ariaSort"), "descending")
        browser.click(head % 1 + " button")
        same(browser.run(NAMES), [f"vm-{number}" for number in range(1, 13)])  # vm-2 before vm-10
        same(browser.run("return document.querySelectorAll('[aria-sort]').length"), 1)
        browser.click(head % 2 + " button")
        same(browser.run(NAMES)[0], "vm-7")  # the most urgent first
        quiet(browser)


def sorts_by_keyboard(page):
    """The heads are reached by Tab, are seen to have the focus, and take Enter and Space."""
    focus = "return document.activeElement.textContent"
    with Browser() as browser:
        browser.open(page)
        browser.run("document.querySelector('#filter input[type=checkbox]:last-of-type').focus();"
                    "document.querySelector('#targets .box').focus()")
        browser.press("tab")
        same(browser.run(focus), "Name")
        assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"
        browser.press("enter")
        same(browser.run(NAMES)[:2], ["vm-1", "vm-2"])
        browser.press("space")
        same(browser.run(NAMES)[:2], ["vm-12", "vm-11"])
        browser.press("tab")
        same(browser.run(focus), "Outcome")
        quiet(browser)


def filters(page):
    """Text and outcomes leave out rows, and how many are left is told."""
    told = "return document.querySelector('#filter output').textContent"
    with Browser() as browser:
        browser.open(page)
        browser.type("#filter input[type=search]", "VM-1")
        same(sorted(browser.run(NAMES)), ["vm-1", "vm-10", "vm-11", "vm-12"])
        same(browser.run(told), "4 of 12 shown")
        browser.press("enter")  # sends nothing to nobody
        browser.run("const find = document.querySelector('#filter [type=search]'); find.value = '';"
                    "find.dispatchEvent(new Event('input'))")
        browser.click("#filter input[value=ok]")
        same(browser.run(NAMES), ["vm-7"])
        same(browser.run(told), "1 of 12 shown")
        browser.run("document.querySelector('#filter input[value=ok]').focus()")
        browser.press("space")
        same(browser.run(told), "12 of 12 shown")
        browser.type("#filter input[type=search]", "no such thing")
        same(browser.run(NAMES), [])
        quiet(browser)


def links(page):
    """A name leads to what its VM printed, and opens it."""
    with Browser() as browser:
        browser.open(page)
        browser.run("document.querySelectorAll('#outputs details').forEach(one => { one.open = false; })")
        browser.click("#targets tbody tr:first-child a")
        same(browser.run_later("""
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => {
                const group = document.querySelector(':target').closest('details');
                done([group.open, group.querySelector('b').textContent]);
            }))"""), [True, "1 timeout (az)"])
        quiet(browser)


def works_without_script(page):
    """Where scripts are blocked nothing is missing, and nothing is shown that would not work."""
    with Browser(script=False) as browser:
        browser.open(page)
        same(browser.run("return document.querySelectorAll('#targets th button').length"), 0)
        same(browser.run("return getComputedStyle(document.getElementById('filter')).display"), "none")
        same(browser.run(ROWS + ".filter(row => row.offsetHeight > 0).length"), 12)
        same(browser.run(NAMES)[0], "vm-7")
        browser.click("#durations summary")
        same(browser.run("return document.querySelector('#durations details').open"), True)


def width_of(browser):
    return browser.run("return document.documentElement.scrollWidth")


def fits(*pages):
    """No page is wider than the window, on a telephone or a wide screen; what is wide scrolls in its box. On
    paper nothing scrolls: there all of it fits."""
    with Browser() as browser:
        for page in pages:
            browser.open(page)
            for width in (360, 1200, 1400):
                browser.resize(width)
                same((os.path.basename(page), width_of(browser)), (os.path.basename(page), width))
            browser.resize(PAPER)
            browser.command("Emulation.setEmulatedMedia", media="print")
            same((os.path.basename(page), "paper", width_of(browser)), (os.path.basename(page), "paper", PAPER))
            browser.command("Emulation.setEmulatedMedia", media="")


def words_stay_apart(*pages):
    """No two words of a picture lie on each other, and each name is within its bar, however wide the window."""
    with Browser() as browser:
        for page in pages:
            browser.open(page)
            for width in (360, 640, 641, 800, 992, 993, 1200, 1312, 1313, 1400):
                browser.resize(width)
                same((os.path.basename(page), width, browser.run("""
                    const bad = [];
                    for (const picture of document.querySelectorAll('svg.timeline, svg.histogram')) {
                        const words = [...picture.querySelectorAll('text')].map(word =>
                            [word, word.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
                        const bars = [...picture.querySelectorAll('rect')].map(bar => bar.getBoundingClientRect());
                        words.forEach(([word, box], at) => {
                            for (const [other, place] of words.slice(at + 1)) {
                                if (box.left < place.right && place.left < box.right &&
                                    box.top + 3 < place.bottom && place.top + 3 < box.bottom)
                                    bad.push(`${word.textContent} on ${other.textContent}`);
                            }
                            if (word.closest('.name') && !bars.some(bar => bar.left <= box.left &&
                                box.right <= bar.right && bar.top < box.top + 6 && box.bottom - 6 < bar.bottom))
                                bad.push(`${word.textContent} beyond its bar`);
                        });
                    }
                    return bad.slice(0, 5)""")), (os.path.basename(page), width, []))


def has_names(page):
    """The names of VMs are on bars where a window is wide, and outcomes have a mark beside their colour."""
    with Browser() as browser:
        browser.open(page)
        browser.resize(1400)
        assert "vm-7: timeout" in browser.run(
            "return [...document.querySelectorAll('svg.timeline .name text')].map(word => word.textContent)")
        same(browser.run("return getComputedStyle(document.querySelector('path.mark.timeout')).strokeDasharray"),
             "2px, 4px")


def brightness(colour):
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (2 * red + 7 * green + blue) / 10


def follows_the_scheme(page):
    """Dark where the reader prefers that, light else, and light on paper in any case."""
    with Browser() as browser:
        browser.open(page)
        for scheme, dark in (("light", False), ("dark", True)):
            browser.prefer(scheme)
            ground = brightness(browser.run(FACE % "backgroundColor"))
            ink = brightness(browser.run(FACE % "color"))
            assert (ground < 60 < 200 < ink) if dark else (ink < 60 < 200 < ground), (scheme, ground, ink)
        browser.command("Emulation.setEmulatedMedia", media="print",
                        features=[{"name": "prefers-color-scheme", "value": "dark"}])
        assert brightness(browser.run(FACE % "backgroundColor")) > 200
        same(browser.run("return getComputedStyle(document.querySelector('nav')).display"), "none")
        same(browser.run("return getComputedStyle(document.getElementById('filter')).display"), "none")


def prints_all(page):
    """On paper everything is open, and afterwards as it was."""
    closed = "return document.querySelectorAll('details:not([open])').length"
    with Browser() as browser:
        browser.open(page)
        before = browser.run(closed)
        assert before > 0
        browser.run("dispatchEvent(new Event('beforeprint'))")
        same(browser.run(closed), 0)
        browser.run("dispatchEvent(new Event('afterprint'))")
        same(browser.run(closed), before)
        quiet(browser)


def harmless(page):
    """What VMs printed runs nothing, loads nothing and is text."""
    with Browser() as browser:
        browser.open(page)
        same(browser.run("return [typeof window.bad, document.images.length, document.scripts.length]"),
             ["undefined", 0, 1])
        same(browser.run("return document.styleSheets.length"), 1)
        assert "<img src=x onerror=" in browser.run("return document.querySelector('pre').textContent")
        quiet(browser)


def policy_blocks(page):
    """Even if a mistake let markup through, the policy would let none of it run."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    spoilt = page.replace(".html", "-spoilt.html")
    with open(spoilt, "w", encoding="utf-8") as file:
        file.write(text.replace("<main>", "<main><script>window.bad = 1</script>"
                                          "<img src='x' onerror='window.bad = 2'>"
                                          "<p id='painted' style='color: rgb(1, 2, 3)'>x</p>", 1))
    with Browser() as browser:
        browser.open(spoilt)
        same(browser.run("return typeof window.bad"), "undefined")
        assert browser.run("return getComputedStyle(document.getElementById('painted')).color") != "rgb(1, 2, 3)"
        said = " ".join(browser.console())
        for directive in ("script-src", "style-src", "default-src"):
            assert directive in said, said
        # Its own script still runs.
        same(browser.run("return document.querySelectorAll('#targets th button').length"), 8)


def opens_quickly(page):
    """5,000 targets that all print something else: measured, with a bound that only a defect misses."""
    with Browser() as browser:
        browser.open(page)
        shown, loaded, rows = browser.run("""
            const times = performance.getEntriesByType('navigation')[0];
            return [performance.getEntriesByType('paint')[0]?.startTime ?? 0, times.loadEventEnd,
                document.querySelectorAll('#targets tbody tr').length]""")
        same(rows, 5000)
        sorting = browser.run("""
            const start = performance.now();
            document.querySelector('#targets thead button').click();
            document.body.offsetHeight;
            return performance.now() - start""")
        print(f"{os.path.getsize(page) / 2**20:.1f} MiB, first seen after {shown / 1000:.2f} s, loaded after "
              f"{loaded / 1000:.2f} s, sorted in {sorting / 1000:.2f} s")
        assert loaded < 20000, loaded
        quiet(browser)


def accessible(axe, *pages):
    """axe-core finds nothing, in light and dark, narrow and wide."""
    with open(axe, encoding="utf-8") as file:
        source = file.read()
    with Browser() as browser:
        for page in pages:
            browser.open(page)
            browser.run(source + "; window.axe = axe")
            for width, scheme in ((1400, "light"), (360, "dark")):
                browser.resize(width)
                browser.prefer(scheme)
                found = browser.run_later(
                    "const done = arguments[0];"
                    "axe.run().then(found => done([found.passes.length, found.violations.map(one => "
                    "one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(' | '))]))")
                assert found[0] > 20, "axe did not look"
                same((os.path.basename(page), width, scheme, found[1]), (os.path.basename(page), width, scheme, []))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
