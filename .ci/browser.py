"""Writes, publishes, reads, edits, compares, restores, withdraws and deletes in a browser, and checks what a person would see."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from axe_selenium_python import Axe
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

BIN, OUT = (os.path.abspath(path) for path in sys.argv[1:3])
TEXT = "# Morning\n\nThe *boats* go **out** early.\n\n- nets\n- ropes\n"
# Ideas of public lists (OWASP's filter evasion sheet): none of it may run or load.
ATTACKS = """<script>document.title='owned'</script>
<img src=x onerror=document.title='owned'>
[a](javascript:document.title='owned') [b](JaVaScRiPt:document.title='owned') [c](data:text/html,<script>1</script>)
![x](http://127.0.0.1:9/x.png "onerror=document.title='owned'")
<svg/onload=document.title='owned'> "><iframe srcdoc="<script>top.document.title='owned'</script>">
[d](https://example.org"onmouseover="document.title='owned')
`</code><script>document.title='owned'</script>`
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Stack:
    """The three processes, in a folder of their own."""

    def __init__(self, folder):
        draft, online, own = free_ports(3)
        self.url = f"http://127.0.0.1:{own}"
        common = ["--secret-file", f"{folder}/secret", "--log-level", "warning"]
        commands = [
            ["draft-service", "--port", draft, "--data-dir", f"{folder}/draft", "--coordinator-url", self.url],
            ["online-service", "--port", online, "--data-dir", f"{folder}/online", "--coordinator-url", self.url],
            ["orchestrator", "serve", "--port", own, "--data-dir", f"{folder}/journal", "--development-sign-in",
             "--draft-url", f"http://127.0.0.1:{draft}", "--online-url", f"http://127.0.0.1:{online}"],
        ]
        self.children = []
        for command in commands:
            command[0] = f"{BIN}/{command[0]}"
            self.children.append(subprocess.Popen([str(word) for word in command + common], stdout=subprocess.DEVNULL))
        for _ in range(200):
            try:
                urllib.request.urlopen(self.url + "/readyz")
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the orchestrator does not get ready")

    def stop(self):
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        for child in self.children:
            child.wait(20)


class Person:
    """A browser, and what somebody does with it."""

    def __init__(self, url, language="en", script=True):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,900"]:
            options.add_argument(argument)
        preferences = {"intl.accept_languages": language}
        if not script:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.url, self.script = url, script
        self.browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))

    def open(self, path):
        self.browser.get(path if path.startswith("http") else self.url + path)

    def find(self, css):
        return self.until(lambda browser: next(iter(browser.find_elements(By.CSS_SELECTOR, css)), None), css)

    def until(self, condition, what):
        # While a page is replaced by the next, what was found in it is gone: look again.
        patience = WebDriverWait(self.browser, 20, ignored_exceptions=[StaleElementReferenceException])
        return patience.until(condition, f"{what} at {self.browser.current_url}")

    def sees(self, *texts):
        for text in texts:
            self.until(lambda browser: text in browser.find_element(By.TAG_NAME, "body").text, text)

    def link(self, part):
        def found(browser):
            links = [one.get_attribute("href") or "" for one in browser.find_elements(By.CSS_SELECTOR, "main a")]
            return next((one for one in links if part in one and not one.endswith("/new")), None)

        return self.until(found, f"a link with {part}")

    def sign_in(self, name):
        self.open("/write")
        self.find("#name").send_keys(name)
        self.find("main form button.primary").click()
        self.find("main a[href*='/write/new']")

    def fill(self, title, text):
        for css, value in [("#title", title), ("#text", text)]:
            self.find(css).clear()
            self.find(css).send_keys(value)

    def press(self, value):
        self.find(f"button[name=do][value={value}]")
        buttons = self.browser.find_elements(By.CSS_SELECTOR, f"button[name=do][value={value}]")
        next(button for button in buttons if button.is_displayed()).click()

    def shot(self, name, width=1100, height=900):
        self.browser.set_window_size(width, height)
        time.sleep(0.2)
        self.browser.save_screenshot(f"{OUT}/{name}.png")

    def dark(self, is_dark):
        value = "dark" if is_dark else "light"
        feature = {"name": "prefers-color-scheme", "value": value}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def is_accessible(self, where):
        axe = Axe(self.browser)
        axe.inject()
        violations = self.browser.execute_async_script("""
            const done = arguments[0];
            axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa"]})
                .then(found => done(found.violations), error => done([String(error)]));
            """)
        assert not violations, f"{where}: {violations}"

    def is_narrow(self, where):
        self.browser.set_window_size(360, 780)
        wide = self.browser.execute_script("return document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{where} scrolls sideways at 360 px"
        self.browser.set_window_size(1100, 900)


def first_page(ann):
    started = time.monotonic()
    size = len(urllib.request.urlopen(ann.url + "/").read())
    milliseconds = (time.monotonic() - started) * 1000
    ann.open("/")
    size += ann.browser.execute_script(
        "return performance.getEntriesByType('resource').reduce((sum, one) => sum + one.decodedBodySize, 0)")
    assert size < 50 * 1024, f"the first page has {size} bytes"
    return f"{size} bytes in all, fetched in {milliseconds:.0f} ms"


def write_and_publish(ann):
    ann.sign_in("ann")
    ann.shot("desk-empty")
    ann.open(ann.find("main a[href*='/write/new']").get_attribute("href"))
    ann.fill("First light over the harbour", TEXT)
    ann.until(lambda browser: browser.find_elements(By.CSS_SELECTOR, ".preview strong, [id*=preview] strong"), "preview")
    ann.shot("editor")
    ann.is_accessible("the editor")
    ann.press("publish")
    ann.sees("both libraries have revision 1")
    ann.shot("steps")
    ann.is_accessible("the steps")


def read(ann):
    ann.open("/")
    ann.is_accessible("the library")
    ann.open(ann.link("/posts/"))
    ann.sees("First light over the harbour", "boats")
    ann.is_accessible("a post")
    ann.is_narrow("a post")
    ann.shot("post-360", 360, 780)
    ann.dark(True)
    ann.is_accessible("a post in the dark")
    ann.shot("post-dark")
    ann.dark(False)
    ann.open("/feed.atom")
    assert "First light over the harbour" in urllib.request.urlopen(ann.url + "/feed.atom").read().decode()


def edit_again(ann):
    ann.open("/write")
    ann.is_accessible("the desk")
    ann.is_narrow("the desk")
    editor = ann.link("/write/")
    ann.open(editor)
    ann.find("#text").send_keys("\n\nOne more line.")
    ann.sees("revision 2", "Published, with unpublished changes")
    ann.is_narrow("the editor")
    return editor.split("?")[0]


def conflict(ann, editor):
    ann.open(editor)
    first = ann.browser.current_window_handle
    ann.browser.switch_to.new_window("tab")
    ann.open(editor)
    ann.find("#text").send_keys("\nFrom the second window.")
    ann.press("save")
    ann.sees("revision 3")
    ann.browser.switch_to.window(first)
    ann.find("#text").send_keys("\nFrom the first window.")
    ann.until(lambda browser: browser.find_element(By.ID, "conflict").is_displayed(), "the word of the conflict")
    button = ann.find("#conflict button")
    is_seen = ann.browser.execute_script("""
        const box = arguments[0].getBoundingClientRect();
        return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === arguments[0];
        """, button)
    ann.shot("conflict-notice")
    assert is_seen, "the word of the conflict is in sight, wherever one writes"
    button.click()
    ann.sees("From the second window.", "From the first window.")
    ann.shot("conflict")
    ann.is_accessible("the conflict")


def history(ann, editor):
    ann.open(editor + "/history")
    rows = ann.browser.find_elements(By.CSS_SELECTOR, "main input[name=from]")
    assert [row.get_attribute("value") for row in rows] == ["3", "1"], "revision 2 was saved over within a minute"
    ann.shot("history")
    ann.is_accessible("the history")
    ann.find("main form button").click()
    ann.sees("From the second window.", "One more line.")
    ann.shot("compare")
    ann.is_accessible("a comparison")


def restore(ann, editor):
    ann.open(editor + "/revisions/1")
    ann.find("main form.panel button").click()
    ann.sees("Restored as revision 4", "Published, with unpublished changes")
    assert "One more line." not in ann.find("#text").get_attribute("value")
    ann.press("publish")
    ann.sees("both libraries have revision 4")
    ann.open(editor.replace("/write/", "/posts/"))
    ann.sees("revision 4")
    body = ann.browser.find_element(By.TAG_NAME, "body").text
    assert "boats" in body and "One more line." not in body


def injections(ann):
    ann.open("/write/new")
    ann.fill("Attacks", ATTACKS)
    ann.press("publish")
    ann.sees("both libraries have revision 1")
    ann.open("/")
    ann.open(ann.link("/posts/"))
    ann.sees("Attacks")
    for image in ann.browser.find_elements(By.CSS_SELECTOR, "main img, main iframe, main svg, main script"):
        raise AssertionError(image.get_attribute("outerHTML"))
    for link in ann.browser.find_elements(By.CSS_SELECTOR, "article a"):
        assert not (link.get_attribute("href") or "").startswith(("javascript", "data")), link.get_attribute("outerHTML")
    assert "owned" not in ann.browser.title


def withdraw(ann, editor):
    ann.open(editor)
    assert not ann.browser.find_elements(By.CSS_SELECTOR, "form[action$='/delete']"), "what readers see is not deleted"
    ann.browser.find_elements(By.XPATH, "//button[normalize-space()='Withdraw']")[0].click()
    ann.sees("confirmed")
    ann.shot("withdrawn")
    ann.open("/")
    assert "First light over the harbour" not in ann.browser.find_element(By.TAG_NAME, "body").text


def press_delete(person):
    person.find("details.panel summary").click()
    person.find("form[action$='/delete'] button.danger").click()


def delete_private(ann, editor):
    ann.open(editor)
    ann.sees("Private")
    ann.find("details.panel summary").click()
    ann.shot("delete")
    ann.is_accessible("the editor, about to delete")
    ann.find("details.panel summary").click()
    press_delete(ann)
    ann.sees("Deleted: both libraries have forgotten it", "The draft library has confirmed", "The live library has confirmed")
    ann.shot("deleted")
    ann.is_accessible("the steps of a delete")
    ann.open(editor)
    ann.sees("There is no such post of yours.")
    ann.open("/write")
    ann.sees("My drafts")
    assert "First light over the harbour" not in ann.browser.find_element(By.TAG_NAME, "body").text


def delete_never_published(ann):
    ann.open("/write/new")
    assert not ann.browser.find_elements(By.CSS_SELECTOR, "form[action$='/delete']"), "there is nothing to delete yet"
    ann.fill("A passing thought", "Gone tomorrow.")
    ann.press("save")
    ann.until(lambda browser: not browser.current_url.endswith("/new"), "the saved draft")
    ann.sees("revision 1", "Unpublished", "Delete this draft")
    editor = ann.browser.current_url.split("?")[0]
    # Another window still has it open.
    here = ann.browser.current_window_handle
    ann.browser.switch_to.new_window("tab")
    ann.open(editor)
    ann.find("#text")
    other = ann.browser.current_window_handle
    ann.browser.switch_to.window(here)
    press_delete(ann)
    ann.sees("Deleted: both libraries have forgotten it")
    ann.browser.switch_to.window(other)
    ann.find("#text").send_keys(" Or not?")
    ann.sees("There is no such post of yours.")
    ann.shot("deleted-elsewhere")
    ann.browser.execute_script("window.onbeforeunload = null; document.getElementById('text').value = 'Gone tomorrow.'")
    ann.browser.close()
    ann.browser.switch_to.window(here)


def keyboard_only(ann):
    ann.open("/")
    ann.browser.switch_to.active_element.send_keys(Keys.TAB)
    assert ann.browser.switch_to.active_element.get_attribute("href").endswith("#content"), "the first is the skip link"
    for _ in range(12):
        ann.browser.switch_to.active_element.send_keys(Keys.TAB)
        if (ann.browser.switch_to.active_element.get_attribute("href") or "").endswith("/write"):
            break
    ann.browser.switch_to.active_element.send_keys(Keys.ENTER)
    ann.find("main a[href*='/write/new']")


def without_script(url):
    bob = Person(url, script=False)
    try:
        bob.sign_in("bob")
        bob.open(bob.find("main a[href*='/write/new']").get_attribute("href"))
        bob.fill("Written without a script", TEXT)
        bob.press("preview")
        bob.sees("boats")
        bob.press("publish")
        bob.sees("both libraries have revision 1")
        bob.open("/write/new")
        bob.fill("Deleted without a script", TEXT)
        bob.press("save")
        bob.sees("Saved as revision 1")
        press_delete(bob)
        bob.sees("Deleted: both libraries have forgotten it")
    finally:
        bob.browser.quit()


def chinese(url):
    li = Person(url, language="zh-CN")
    try:
        li.open("/sign-in")
        assert li.browser.find_element(By.TAG_NAME, "html").get_attribute("lang").startswith("zh")
        li.shot("sign-in-zh")
        li.is_accessible("the Chinese sign-in")
    finally:
        li.browser.quit()


def main():
    os.makedirs(OUT, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(folder)
        ann = None
        try:
            ann = Person(stack.url)
            print("first page:", first_page(ann))
            editor = None
            steps = [write_and_publish, read, edit_again, conflict, history, restore, injections, keyboard_only, withdraw,
                     delete_private, delete_never_published]
            for step in steps:
                needs_editor = step in (conflict, history, restore, withdraw, delete_private)
                result = step(ann, editor) if needs_editor else step(ann)
                editor = result or editor
                print("held:", step.__name__.replace("_", " "))
            # What the network log has are the conflict and what was deleted; scripts and the policy have no errors.
            entries = [entry for entry in ann.browser.get_log("browser") if entry["level"] == "SEVERE"]
            errors = [entry for entry in entries if entry["source"] != "network"
                      or "favicon" in entry["message"] or "/progress" in entry["message"]]
            assert not errors, errors
            for step in [without_script, chinese]:
                step(stack.url)
                print("held:", step.__name__.replace("_", " "))
        except BaseException:
            if ann:
                ann.shot("failed")
            raise
        finally:
            if ann:
                ann.browser.quit()
            stack.stop()


main()
