"""Writes, publishes, reads, edits, compares, restores, withdraws and deletes in a browser, and checks what a person would see."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import xml.etree.ElementTree

from axe_selenium_python import Axe
from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException, StaleElementReferenceException, WebDriverException
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
        self.commands = [[f"{BIN}/{command[0]}", *map(str, command[1:]), *common] for command in commands]
        self.children = [None] * len(commands)
        for number in range(len(commands)):
            self.start(number)
        self.await_answer(self.url + "/readyz")

    def start(self, number):
        self.children[number] = subprocess.Popen(self.commands[number], stdout=subprocess.DEVNULL)

    def halt(self, number):
        self.children[number].send_signal(signal.SIGTERM)
        self.children[number].wait(20)

    def await_answer(self, url):
        for _ in range(200):
            try:
                return urllib.request.urlopen(url)
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"no answer from {url}")

    def stop(self):
        for number, child in enumerate(self.children):
            if child and child.poll() is None:
                self.halt(number)


def is_of_a_page_replaced(error):
    """Whether what was looked at went away with its page: the next is on its way. The driver has two words for it."""
    return isinstance(error, StaleElementReferenceException) or "does not belong to the document" in (error.msg or "")


class Person:
    """A browser, and what somebody does with it."""

    def __init__(self, url, language="en", script=True):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        # Pages are loaded again on the way back, and filled in with what was typed, as after a restart.
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,900",
                         "--disable-features=BackForwardCache"]:
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
        def settled(browser):
            try:
                return condition(browser)
            except WebDriverException as error:
                if not is_of_a_page_replaced(error):
                    raise
                return False

        return WebDriverWait(self.browser, 20).until(settled, f"{what} at {self.browser.current_url}")

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
        self.give_name(name)
        self.find("main a[href*='/write/new']")

    def give_name(self, name):
        self.find("#name").send_keys(name)
        self.find("main form button.primary").click()

    def fill(self, title, text):
        for css, value in [("#title", title), ("#text", text)]:
            self.find(css).clear()
            self.find(css).send_keys(value)

    def text(self):
        return self.find("#text").get_attribute("value")

    def sign_out_of_sight(self):
        self.browser.delete_cookie("tcc-session")

    def new_tab(self):
        here = self.browser.current_window_handle
        self.browser.switch_to.new_window("tab")
        return here

    def close_tab(self, back):
        self.browser.close()
        self.browser.switch_to.window(back)

    def leave_anyway(self):
        """What the browser asks where something is not saved."""
        try:
            self.browser.switch_to.alert.accept()
        except NoAlertPresentException:
            pass

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
        # Nothing moves: a colour that is still on its way to another would be taken for the page's.
        features = [{"name": "prefers-color-scheme", "value": value}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

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


def feed(person):
    """Identifiers and titles; fails if it is not XML."""
    atom = "{http://www.w3.org/2005/Atom}"
    root = xml.etree.ElementTree.fromstring(urllib.request.urlopen(person.url + "/feed.atom").read())
    assert root.tag == atom + "feed" and root.findtext(atom + "updated"), root.tag
    return [(one.findtext(atom + "id"), one.findtext(atom + "title")) for one in root.findall(atom + "entry")]


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
    assert "First light over the harbour" in [title for _, title in feed(ann)]


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
    numbers = [row.get_attribute("value") for row in rows]
    assert numbers == ["3", "2", "1"], "what was saved by hand keeps what it takes the place of"
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
    # What was there before the restore is there still.
    ann.open(editor + "/history")
    rows = ann.browser.find_elements(By.CSS_SELECTOR, "main input[name=from]")
    assert [row.get_attribute("value") for row in rows] == ["4", "3", "2", "1"]
    ann.open(editor + "/revisions/3")
    ann.sees("From the second window.")


def injections(ann):
    ann.open("/write/new")
    ann.fill("Attacks", ATTACKS)
    # Characters that XML has not, which a page does not mind.
    ann.browser.execute_script("document.getElementById('title').value = 'Attacks \\ufffe\\uffff\\u0001'")
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
    assert any(title.startswith("Attacks") for _, title in feed(ann))


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
    ann.press("save")
    ann.sees("saving makes a new draft of it")
    assert ann.text() == "Gone tomorrow. Or not?"
    ann.shot("deleted-elsewhere")
    ann.is_accessible("the editor of a draft that is gone")
    ann.press("save")
    ann.sees("Saved as revision 1")
    ann.close_tab(here)


def first_autosave(ann):
    ann.open("/write/new")
    ann.fill("Saved by itself", "As one types.")
    ann.sees("revision 1", "History", "Delete this draft", "Only you see this.")
    assert ann.find("h1").text == "Edit" and ann.browser.title.startswith("Saved by itself")
    assert not ann.browser.current_url.endswith("/new")
    ann.link("/history")
    ann.find("#text").send_keys(" And more.")
    # At once: it is saved before anything else is done.
    ann.find("header .account button").click()
    ann.until(lambda browser: browser.find_elements(By.CSS_SELECTOR, "header a.account"), "signed out")
    ann.sign_in("ann")
    ann.open(ann.link("/write/"))
    assert ann.text() == "As one types. And more.", ann.text()


def back(ann):
    """What the browser brings back was not saved, and is."""
    editor = ann.browser.current_url
    ann.browser.execute_script("window.fetch = () => Promise.reject(new TypeError('offline'))")
    ann.find("#text").send_keys(" Typed, and left.")
    ann.sees("Cannot save right now")
    ann.browser.find_element(By.CSS_SELECTOR, "#links a").click()
    ann.leave_anyway()
    ann.until(lambda browser: browser.current_url.endswith("/history"), "the history")
    ann.browser.back()
    ann.until(lambda browser: "Typed, and left." in ann.text(), "what was typed")
    ann.until(lambda browser: ann.find("#saving").text == "Saved", "saved")
    ann.open(editor)
    assert ann.text() == "As one types. And more. Typed, and left.", ann.text()


def session_ends(ann):
    ann.open("/write/new")
    ann.find("#title").send_keys("Longer than a session")
    ann.sign_out_of_sight()
    ann.find("#text").send_keys("Written **meanwhile**.")
    ann.sees("You are signed out.")
    assert not ann.browser.find_elements(By.CSS_SELECTOR, "#editor #name"), "the preview shows no other page"
    ann.press("publish")
    time.sleep(0.5)
    ann.sees("You are signed out.")
    assert ann.text() == "Written **meanwhile**."
    here = ann.new_tab()
    ann.sign_in("ann")
    ann.close_tab(here)
    ann.find("#text").send_keys(" Signed in again.")
    ann.sees("revision 1")
    ann.until(lambda browser: ann.find("#saving").text == "Saved", "saved")
    ann.until(lambda browser: browser.find_elements(By.CSS_SELECTOR, "#preview strong"), "the preview")
    # And by the form itself.
    ann.sign_out_of_sight()
    ann.find("#text").send_keys(" Once more.")
    ann.press("save")
    ann.sees("Your session has ended.", "Your text is kept")
    ann.shot("session-ended")
    ann.is_accessible("the sign-in that keeps a text")
    ann.give_name("ann")
    ann.sees("You are signed in. Your text is here")
    assert ann.text() == "Written **meanwhile**. Signed in again. Once more."
    ann.shot("signed-in-again")
    ann.press("save")
    ann.sees("Saved as revision")


def service_stops(ann, stack):
    editor = ann.browser.current_url.split("?")[0]
    stack.halt(0)
    ann.find("#text").send_keys(" In the dark.")
    ann.sees("Cannot save right now")
    ann.press("save")
    ann.sees("A service does not answer.", "Your text is here, and not yet saved.")
    assert ann.text().endswith("Once more. In the dark.")
    ann.shot("service-stopped")
    ann.is_accessible("the editor without its service")
    stack.start(0)
    ann.find("#text").send_keys(" Light.")
    ann.until(lambda browser: ann.find("#saving").text == "Saved", "saved")
    ann.open(editor)
    assert ann.text().endswith("In the dark. Light.")
    stack.halt(1)
    ann.open("/")
    ann.sees("Not now")
    ann.shot("library-stopped")
    stack.start(1)
    stack.await_answer(stack.url + "/")
    ann.open("/")
    ann.sees("What has been published")


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
        bob.open("/write/new")
        bob.fill("Kept without a script", "Every word.")
        bob.sign_out_of_sight()
        bob.press("save")
        bob.sees("Your text is kept")
        bob.give_name("bob")
        bob.sees("Your text is here")
        assert bob.text() == "Every word."
        bob.press("save")
        bob.sees("Saved as revision 1")
    finally:
        bob.browser.quit()


def chinese(url):
    li = Person(url, language="zh-CN")

    def looks(name, *texts):
        assert li.browser.find_element(By.TAG_NAME, "html").get_attribute("lang").startswith("zh")
        li.sees(*texts)
        body = li.browser.find_element(By.TAG_NAME, "body").text
        english = [word for word in ["Save", "Publish", "History", "Library", "Sign", "revision"] if word in body]
        assert not english, f"{name}: {english}"
        li.is_accessible(f"the Chinese {name}")
        li.is_narrow(f"the Chinese {name}")
        li.shot(f"{name}-zh")

    try:
        li.open("/sign-in")
        looks("sign-in", "登录")
        li.sign_in("李")
        looks("desk", "我的草稿")
        li.open("/write/new")
        li.fill("晨光", "港口的*清晨*。")
        li.sees("第 1 版", "历史", "已保存")
        looks("editor", "预览")
        editor = li.browser.current_url
        li.press("publish")
        li.sees("已发布：两个库都有第 1 版")
        looks("steps", "线上库已确认")
        li.open(editor.replace("/write/", "/posts/"))
        looks("post", "晨光", "清晨")
        li.open(editor)
        li.find("#text").send_keys("\n\n再写一行。")
        li.sees("第 2 版", "已发布，有未发布的修改")
        li.open(editor + "/history")
        looks("history", "晨光")
        li.open(editor + "/compare?from=1&to=2")
        looks("compare", "再写一行。")
        li.open("/posts/nothing")
        looks("not-found", "这里什么也没有")
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
                     delete_private, delete_never_published, first_autosave, back, session_ends, service_stops]
            for step in steps:
                needs_editor = step in (conflict, history, restore, withdraw, delete_private)
                given = [editor] if needs_editor else [stack] if step is service_stops else []
                result = step(ann, *given)
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
