"""Writes, publishes, reads, edits, compares, restores, withdraws and deletes in a browser, and checks what a person would see.

Whatever is looked for is found anew each time, and waited for (Playwright's locators and expectations do so by themselves);
nothing sleeps for a time, and nothing waits for ever."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import xml.etree.ElementTree
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect, sync_playwright

BIN, OUT = (os.path.abspath(path) for path in sys.argv[1:3])
# A bound, not a measure: a machine that has other things to do takes long.
SECONDS = 60
WIDE = {"width": 1100, "height": 900}
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
    """Below those that a system gives to outgoing connections: one of them could take the port before its server does."""
    ports = []
    while len(ports) < count:
        port = random.randrange(15000, 32000)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            if port not in ports:
                ports.append(port)
    return ports


def fetched(url):
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        return answer.read()


class Stack:
    """The processes, in a folder of their own; on other ports if somebody else was quicker."""

    def __init__(self, folder):
        for attempt in range(5):
            self.set_up(f"{folder}/{attempt}")
            if all(self.is_ready(name) for name in self.commands):
                return
            self.stop()
        raise SystemExit("the processes do not start")

    def set_up(self, folder):
        os.mkdir(folder)
        names = ["draft", "online", "orchestrator", "web"]
        urls = {name: f"http://127.0.0.1:{port}" for name, port in zip(names, free_ports(len(names)))}
        own = ["--secret-file", f"{folder}/secret"]
        coordinator = ["--coordinator-url", urls["orchestrator"]]
        libraries = ["--draft-url", urls["draft"], "--online-url", urls["online"]]
        commands = {
            "draft": ["draft-service", "--data-dir", f"{folder}/draft", *own, *coordinator],
            "online": ["online-service", "--data-dir", f"{folder}/online", *own, *coordinator],
            "orchestrator": ["orchestrator", "serve", "--data-dir", f"{folder}/journal", "--development-sign-in", *own,
                             *libraries],
            "web": ["web-service", "--development-sign-in", *coordinator, *libraries],
        }
        self.pages = "web"
        if not os.path.exists(f"{BIN}/web-service"):
            self.pages = "orchestrator"
            del commands["web"]
        self.commands = {
            name: [f"{BIN}/{command[0]}", *command[1:], "--port", str(urlsplit(urls[name]).port), "--log-level", "warning"]
            for name, command in commands.items()
        }
        self.urls, self.url, self.children = urls, urls[self.pages], {}
        for name in self.commands:
            self.begin(name)

    def begin(self, name):
        self.children[name] = subprocess.Popen(self.commands[name], stdout=subprocess.DEVNULL)

    def start(self, name):
        self.begin(name)
        if not self.is_ready(name):
            raise SystemExit(f"{name} does not start again")

    def is_ready(self, name):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.children[name].poll() is None:
            with contextlib.suppress(OSError):
                fetched(self.urls[name] + "/readyz")
                return True
            time.sleep(0.05)
        return False

    def halt(self, name):
        self.children[name].send_signal(signal.SIGTERM)
        self.children[name].wait(SECONDS)

    @contextlib.contextmanager
    def frozen(self, name):
        """A process that is there, and does nothing."""
        self.children[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.children[name].send_signal(signal.SIGCONT)

    def stop(self):
        for child in self.children.values():
            if child.poll() is None:
                child.kill()
                child.wait()


class Person:
    """A browser's window, and what somebody does with it."""

    def __init__(self, browser, url, language="en-GB", script=True):
        self.context = browser.new_context(
            base_url=url, locale=language, java_script_enabled=script, viewport=WIDE,
            # Nothing moves: a colour that is still on its way to another would be taken for the page's.
            reduced_motion="reduce", color_scheme="light")
        self.context.set_default_timeout(SECONDS * 1000)
        self.url, self.errors = url, []
        self.context.on("console", self.note)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        # What the browser asks where something is not saved: leave anyway.
        self.context.on("dialog", lambda dialog: dialog.accept())
        self.page = self.context.new_page()

    def note(self, message):
        # What the network log has are the conflict, what was deleted and who was signed out; all else is an error.
        place = message.location.get("url", "")
        is_expected = "Failed to load resource" in message.text and "favicon" not in place and "/progress" not in place
        if message.type == "error" and not is_expected and "TypeError: offline" not in message.text:
            self.errors.append(f"{message.text} ({place})")

    def open(self, path):
        self.page.goto(path)

    def all(self, css):
        return self.page.locator(css)

    def find(self, css):
        return self.page.locator(css).first

    def sees(self, *texts):
        for text in texts:
            expect(self.all("body")).to_contain_text(text, use_inner_text=True)

    def sees_no(self, *texts):
        """At once: the page is there."""
        shown = self.all("body").inner_text()
        found = [text for text in texts if text in shown]
        assert not found, f"{found} at {self.page.url}"

    def arrives(self, pattern):
        self.page.wait_for_url(re.compile(pattern))

    def href(self, css):
        return self.find(css).get_attribute("href")

    def link(self, part):
        return self.href(f"main a[href*='{part}']:not([href$='/new'])")

    def sign_in(self, name):
        self.open("/write")
        self.give_name(name)
        expect(self.find("main a[href*='/write/new']")).to_be_visible()

    def give_name(self, name):
        self.find("#name").fill(name)
        self.find("main form button.primary").click()

    def fill(self, title, text):
        # The text first: without a title nothing is saved by itself, so that the first revision has both.
        self.find("#text").fill(text)
        self.find("#title").fill(title)

    def add(self, text):
        """At the text's end, all at once."""
        self.find("#text").focus()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.insert_text(text)

    def text(self):
        return self.find("#text").input_value()

    def has_text(self, *, end):
        expect(self.find("#text")).to_have_value(re.compile(re.escape(end) + "$"))

    def is_saved(self):
        expect(self.find("#saving")).to_have_text("Saved")

    def sign_out_of_sight(self):
        self.context.clear_cookies(name="tcc-session")

    @contextlib.contextmanager
    def tab(self):
        """Another tab of this window, for a while."""
        here, self.page = self.page, self.context.new_page()
        try:
            yield
        finally:
            self.page.close()
            self.page = here
            here.bring_to_front()

    @contextlib.contextmanager
    def saving_nothing_by_itself(self):
        """What is saved then is saved by a button, however long the way to it takes."""
        def handle(route):
            if "do=autosave" in (route.request.post_data or ""):
                route.abort()
            else:
                route.continue_()

        self.page.route("**/write/*", handle)
        try:
            yield
        finally:
            self.page.unroute("**/write/*")

    def press(self, value):
        self.find(f"button[name=do][value={value}]:visible").click()

    def size(self, width, height):
        self.page.set_viewport_size({"width": width, "height": height})

    def shot(self, name):
        self.page.screenshot(path=f"{OUT}/{name}.png")

    def dark(self, is_dark):
        self.page.emulate_media(color_scheme="dark" if is_dark else "light", reduced_motion="reduce")

    def is_accessible(self, where):
        self.page.evaluate(AXE_SCRIPT + "; undefined")
        violations = self.page.evaluate("""async () => {
            const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] });
            return found.violations;
        }""")
        assert not violations, f"{where}: {violations}"

    def is_narrow(self, where):
        self.size(360, 780)
        wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{where} scrolls sideways at 360 px"
        self.size(**WIDE)

    def is_on_top(self, css):
        """Whether a click in its middle would meet it."""
        element = self.find(css)
        expect(element).to_be_in_viewport(ratio=1)
        assert element.evaluate("""one => {
            const box = one.getBoundingClientRect();
            return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
        }"""), f"{css} is covered"


def first_page(ann):
    started = time.monotonic()
    size = len(fetched(ann.url + "/"))
    milliseconds = (time.monotonic() - started) * 1000
    ann.open("/")
    size += ann.page.evaluate(
        "performance.getEntriesByType('resource').reduce((sum, one) => sum + one.decodedBodySize, 0)")
    assert size < 50 * 1024, f"the first page has {size} bytes"
    return f"{size} bytes in all, fetched in {milliseconds:.0f} ms"


def write_and_publish(ann):
    ann.sign_in("ann")
    ann.shot("desk-empty")
    ann.open(ann.href("main a[href*='/write/new']"))
    ann.fill("First light over the harbour", TEXT)
    expect(ann.find("#preview strong")).to_be_visible()
    ann.shot("editor")
    ann.is_accessible("the editor")
    ann.press("publish")
    ann.sees("both libraries have revision 1")
    ann.arrives("/transactions/")
    ann.shot("steps")
    ann.is_accessible("the steps")


def feed(person):
    """Identifiers and titles; fails if it is not XML."""
    atom = "{http://www.w3.org/2005/Atom}"
    root = xml.etree.ElementTree.fromstring(fetched(person.url + "/feed.atom"))
    assert root.tag == atom + "feed" and root.findtext(atom + "updated"), root.tag
    return [(one.findtext(atom + "id"), one.findtext(atom + "title")) for one in root.findall(atom + "entry")]


def read(ann):
    ann.open("/")
    ann.is_accessible("the library")
    ann.open(ann.link("/posts/"))
    ann.sees("First light over the harbour", "boats")
    ann.is_accessible("a post")
    ann.is_narrow("a post")
    ann.size(360, 780)
    ann.shot("post-360")
    ann.size(**WIDE)
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
    ann.add("\n\nOne more line.")
    ann.sees("revision 2", "Published, with unpublished changes")
    ann.is_narrow("the editor")
    return editor.split("?")[0]


def conflict(ann, editor):
    ann.open(editor)
    with ann.tab(), ann.saving_nothing_by_itself():
        ann.open(editor)
        ann.add("\nFrom the second window.")
        ann.press("save")
        ann.sees("Saved as revision 3")
    ann.add("\nFrom the first window.")
    expect(ann.find("#conflict")).to_be_visible()
    # Its word is in sight, wherever one writes.
    ann.is_on_top("#conflict button")
    ann.shot("conflict-notice")
    ann.find("#conflict button").click()
    ann.sees("From the second window.", "From the first window.")
    ann.arrives(editor)
    ann.shot("conflict")
    ann.is_accessible("the conflict")


def revisions(ann, editor, *numbers):
    """What was saved by hand keeps what it takes the place of."""
    ann.open(editor + "/history")
    rows = ann.all("main input[name=from]")
    expect(rows).to_have_count(len(numbers))
    assert [row.get_attribute("value") for row in rows.all()] == list(numbers)


def history(ann, editor):
    revisions(ann, editor, "3", "2", "1")
    ann.shot("history")
    ann.is_accessible("the history")
    ann.find("main form button").click()
    ann.sees("From the second window.", "One more line.")
    ann.arrives("/compare")
    ann.shot("compare")
    ann.is_accessible("a comparison")


def restore(ann, editor):
    ann.open(editor + "/revisions/1")
    ann.find("main form.panel button").click()
    ann.sees("Restored as revision 4", "Published, with unpublished changes")
    assert "One more line." not in ann.text()
    ann.press("publish")
    ann.sees("both libraries have revision 4")
    ann.open(editor.replace("/write/", "/posts/"))
    ann.sees("revision 4", "boats")
    ann.sees_no("One more line.")
    # What was there before the restore is there still.
    revisions(ann, editor, "4", "3", "2", "1")
    ann.open(editor + "/revisions/3")
    ann.sees("From the second window.")


def injections(ann):
    ann.open("/write/new")
    ann.find("#text").fill(ATTACKS)
    # Characters that XML has not, which a page does not mind.
    ann.find("#title").evaluate("one => { one.value = 'Attacks \\ufffe\\uffff\\u0001' }")
    ann.press("publish")
    ann.sees("both libraries have revision 1")
    ann.open("/")
    ann.open(ann.link("/posts/"))
    ann.sees("Attacks")
    for image in ann.all("main img, main iframe, main svg, main script").all():
        raise AssertionError(image.evaluate("one => one.outerHTML"))
    for link in ann.all("article a").all():
        href = link.get_attribute("href") or ""
        assert not href.lower().startswith(("javascript", "data")), link.evaluate("one => one.outerHTML")
    assert "owned" not in ann.page.title()
    assert any(title.startswith("Attacks") for _, title in feed(ann))


def steps_in_view(ann, stack, editor):
    """A library does not answer: what happens is in view meanwhile, and what is refused is tried again."""
    for width, height in [(1280, 800), (360, 640)]:
        ann.size(width, height)
        ann.open(editor)
        with stack.frozen("online"):
            ann.press("publish")
            expect(ann.find("#live .result")).to_be_in_viewport(ratio=1)
            expect(ann.find("#live .branches")).to_be_in_viewport(ratio=1)
            expect(ann.find("#live")).to_be_focused()
            ann.shot(f"steps-live-{width}")
            ann.arrives("/transactions/")
            ann.sees("Nothing was changed", "Try again")
            expect(ann.find(".steps .result")).to_be_in_viewport(ratio=1)
            expect(ann.page.get_by_role("button", name="Try again")).to_be_in_viewport(ratio=1)
            ann.shot(f"refused-{width}")
            ann.is_accessible("a refusal")
        expect(ann.find(".steps[data-finished=true]")).to_be_visible()
        ann.page.get_by_role("button", name="Try again").click()
        ann.sees("Published: both libraries have revision 4")
        expect(ann.find(".steps .result")).to_be_in_viewport(ratio=1)
        ann.shot(f"tried-again-{width}")
    ann.size(**WIDE)


def withdraw(ann, editor):
    ann.open(editor)
    expect(ann.find("#text")).to_be_visible()
    expect(ann.all("form[action$='/delete']")).to_have_count(0)  # what readers see is not deleted
    ann.page.get_by_role("button", name="Withdraw", exact=True).click()
    ann.sees("Withdrawn: readers no longer see it", "confirmed")
    ann.shot("withdrawn")
    ann.open("/")
    ann.sees_no("First light over the harbour")


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
    ann.arrives("/transactions/")
    ann.shot("deleted")
    ann.is_accessible("the steps of a delete")
    ann.open(editor)
    ann.sees("There is no such post of yours.")
    ann.open("/write")
    ann.sees("My drafts")
    ann.sees_no("First light over the harbour")


def delete_never_published(ann):
    ann.open("/write/new")
    expect(ann.find("#text")).to_be_visible()
    expect(ann.all("form[action$='/delete']")).to_have_count(0)  # there is nothing to delete yet
    with ann.saving_nothing_by_itself():
        ann.fill("A passing thought", "Gone tomorrow.")
        ann.press("save")
        ann.arrives(r"/write/[^/?]*\?saved=1")
    ann.sees("revision 1", "Unpublished", "Delete this draft")
    editor = ann.page.url.split("?")[0]
    here = ann.page
    with ann.tab():
        # Another window still has it open.
        ann.open(editor)
        expect(ann.find("#text")).to_be_visible()
        other, ann.page = ann.page, here
        press_delete(ann)
        ann.sees("Deleted: both libraries have forgotten it")
        ann.page = other
        ann.add(" Or not?")
        ann.sees("There is no such post of yours.")
        ann.press("save")
        ann.sees("saving makes a new draft of it")
        assert ann.text() == "Gone tomorrow. Or not?"
        ann.shot("deleted-elsewhere")
        ann.is_accessible("the editor of a draft that is gone")
        ann.press("save")
        ann.sees("Saved as revision 1")


def first_autosave(ann):
    ann.open("/write/new")
    ann.fill("Saved by itself", "As one types.")
    ann.sees("revision 1", "History", "Delete this draft", "Only you see this.")
    expect(ann.find("h1")).to_have_text("Edit")
    expect(ann.page).to_have_title(re.compile("^Saved by itself"))
    assert not ann.page.url.endswith("/new")
    ann.link("/history")
    ann.add(" And more.")
    # At once: it is saved before anything else is done.
    ann.find("header .account button").click()
    expect(ann.find("header a.account")).to_be_visible()
    ann.sign_in("ann")
    ann.open(ann.link("/write/"))
    assert ann.text() == "As one types. And more.", ann.text()


def back(ann):
    """What the browser brings back was not saved, and is."""
    editor = ann.page.url
    ann.page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('offline')) }")
    ann.add(" Typed, and left.")
    ann.sees("Cannot save right now")
    ann.find("#links a").click()
    ann.arrives("/history$")
    ann.page.go_back()
    ann.has_text(end="Typed, and left.")
    ann.is_saved()
    ann.open(editor)
    assert ann.text() == "As one types. And more. Typed, and left.", ann.text()


def session_ends(ann):
    ann.open("/write/new")
    ann.sign_out_of_sight()
    ann.fill("Longer than a session", "Written **meanwhile**.")
    ann.sees("You are signed out.")
    expect(ann.all("#editor #name")).to_have_count(0)  # the preview shows no other page
    with ann.page.expect_response(lambda answer: "do=publish" in (answer.request.post_data or "") and answer.status == 401):
        ann.press("publish")
    expect(ann.find("#publish")).to_be_enabled()
    ann.sees("You are signed out.")
    assert ann.text() == "Written **meanwhile**."
    with ann.tab():
        ann.sign_in("ann")
    ann.add(" Signed in again.")
    ann.sees("revision 1")
    ann.is_saved()
    expect(ann.find("#preview strong")).to_be_visible()
    # And by the form itself.
    ann.sign_out_of_sight()
    ann.add(" Once more.")
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
    editor = ann.page.url.split("?")[0]
    stack.halt("draft")
    ann.add(" In the dark.")
    ann.sees("Cannot save right now")
    ann.press("save")
    ann.sees("A service does not answer.", "Your text is here, and not yet saved.")
    assert ann.text().endswith("Once more. In the dark.")
    ann.shot("service-stopped")
    ann.is_accessible("the editor without its service")
    stack.start("draft")
    ann.add(" Light.")
    ann.is_saved()
    ann.open(editor)
    assert ann.text().endswith("In the dark. Light.")
    stack.halt("online")
    ann.open("/")
    ann.sees("Not now")
    ann.shot("library-stopped")
    stack.start("online")
    ann.open("/")
    ann.sees("What has been published")


def keyboard_only(ann):
    def focused():
        return ann.page.evaluate("document.activeElement.getAttribute('href') ?? ''")

    ann.open("/")
    ann.page.keyboard.press("Tab")
    assert focused() == "#content", "the first is the skip link"
    for _ in range(12):
        ann.page.keyboard.press("Tab")
        if focused().endswith("/write"):
            break
    ann.page.keyboard.press("Enter")
    expect(ann.find("main a[href*='/write/new']")).to_be_visible()


def without_script(bob):
    bob.sign_in("bob")
    bob.open(bob.href("main a[href*='/write/new']"))
    bob.fill("Written without a script", TEXT)
    bob.press("preview")
    expect(bob.find("#preview strong")).to_be_visible()
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


def chinese(li):
    def looks(name, *texts):
        expect(li.find("html")).to_have_attribute("lang", re.compile("^zh"))
        li.sees(*texts)
        li.sees_no("Save", "Publish", "History", "Library", "Sign", "revision")
        li.is_accessible(f"the Chinese {name}")
        li.is_narrow(f"the Chinese {name}")
        li.shot(f"{name}-zh")

    li.open("/sign-in")
    looks("sign-in", "登录")
    li.sign_in("李")
    looks("desk", "我的草稿")
    li.open("/write/new")
    li.fill("晨光", "港口的*清晨*。")
    li.sees("第 1 版", "历史", "已保存")
    looks("editor", "预览")
    editor = li.page.url
    li.press("publish")
    li.sees("已发布：两个库都有第 1 版")
    li.arrives("/transactions/")
    looks("steps", "线上库已确认")
    li.open(editor.replace("/write/", "/posts/"))
    looks("post", "晨光", "清晨")
    li.open(editor)
    li.add("\n\n再写一行。")
    li.sees("第 2 版", "已发布，有未发布的修改")
    li.open(editor + "/history")
    looks("history", "晨光")
    li.open(editor + "/compare?from=1&to=2")
    looks("compare", "再写一行。")
    li.open("/posts/nothing")
    looks("not-found", "这里什么也没有")


def main():
    os.makedirs(OUT, exist_ok=True)
    expect.set_options(timeout=SECONDS * 1000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        # Pages are loaded again on the way back, and filled in with what was typed, as after a restart: Playwright keeps
        # none of them in memory.
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        stack = person = None
        try:
            stack = Stack(folder)
            person = ann = Person(browser, stack.url)
            print("first page:", first_page(ann), flush=True)
            editor = None
            for step in [write_and_publish, read, edit_again, conflict, history, restore, steps_in_view, injections,
                         keyboard_only, withdraw, delete_private, delete_never_published, first_autosave, back, session_ends, service_stops]:
                given = [stack] if step in (steps_in_view, service_stops) else []
                if step in (conflict, history, restore, steps_in_view, withdraw, delete_private):
                    given.append(editor)
                editor = step(ann, *given) or editor
                print("held:", step.__name__.replace("_", " "), flush=True)
            for step, options in [(without_script, {"script": False}), (chinese, {"language": "zh-CN"})]:
                assert not person.errors, person.errors
                person.context.close()
                person = Person(browser, stack.url, **options)
                step(person)
                print("held:", step.__name__.replace("_", " "), flush=True)
            assert not person.errors, person.errors
        except BaseException:
            if person:
                # The failure is what is to be seen, not that there is no picture of it.
                with contextlib.suppress(Exception):
                    print(f"at {person.page.url}:\n{person.find('body').inner_text(timeout=5000)}", file=sys.stderr)
                    person.shot("failed")
            raise
        finally:
            browser.close()
            if stack:
                stack.stop()


main()
