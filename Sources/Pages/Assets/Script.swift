extension Assets {
    /// What a page does beyond what forms and links do: preview and autosave as one types, steps as they happen.
    static let scriptText = #"""
        "use strict";
        (() => {
          document.documentElement.classList.add("with-script");
          const json = { accept: "application/json" };
          const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

          // An answer, never the page that a browser would be led to instead of one.
          const ask = (href, options) => fetch(href, { headers: json, redirect: "error", ...options });
          const isSignedOut = (answer) => answer?.status === 401 || answer?.status === 403;
          const live = document.getElementById("live");

          // Whether the same author has signed in again in another tab: this page's forms then are of that session.
          async function renew() {
            const answer = await ask("/session").catch(() => null);
            const session = await answer?.json().catch(() => null);
            if (!session?.token || session.author !== document.body.dataset.author) return false;
            const fields = [...document.querySelectorAll("input[name=token]")];
            const isNew = fields.some((field) => field.value !== session.token);
            for (const field of fields) field.value = session.token;
            return isNew;
          }

          // The server's own HTML, in which it has escaped every text.
          async function steps(href) {
            if (!href) return null;
            const answer = await ask(href);
            if (!answer.ok) return null;
            const part = document.createElement("template");
            part.innerHTML = await answer.text();
            return part.content.querySelector(".steps");
          }

          function show(found) {
            live.hidden = false;
            if (live.firstElementChild?.outerHTML !== found.outerHTML) live.replaceChildren(found);
          }

          // Where one looks, and where a screen reader reads, whatever part of the page the button was on.
          function reveal() {
            live.scrollIntoView({ block: "start" });
            live.focus({ preventScroll: true });
          }

          // The page of a transaction: follows it to its end.
          async function follow() {
            for (let round = 0; round < 600; round++) {
              if (live.querySelector(".steps")?.dataset.finished !== "false") return;
              await pause(round < 20 ? 250 : 1000);
              const found = await steps(live.dataset.progress).catch(() => null);
              // Unless the next one is under way.
              if (found && !isBusy) show(found);
            }
          }
          if (live?.querySelector(".steps")) follow();

          // A form that begins a transaction: shows what happens while the answer is awaited.
          async function perform(form, button) {
            // Of a transaction's own page, a new one's steps are elsewhere.
            const progress = form.dataset.progress ?? live.dataset.progress;
            const before = await steps(progress).catch(() => null);
            const send = () => {
              const body = new URLSearchParams(new FormData(form));
              // By hand: the button is disabled by now, and would be left out.
              if (button?.name) body.set(button.name, button.value);
              return ask(form.action, { method: "POST", body });
            };
            let isOver = false;
            const answer = send()
              .then(async (first) => isSignedOut(first) && await renew() ? send() : first)
              .finally(() => { isOver = true; });
            (async () => {
              let isShown = false;
              for (let round = 0; round < 200 && !isOver; round++) {
                const found = await steps(progress).catch(() => null);
                if (found && found.dataset.gid !== before?.dataset.gid) {
                  show(found);
                  if (!isShown) reveal();
                  isShown = true;
                }
                await pause(120);
              }
            })();
            const result = await answer;
            return { isSignedOut: isSignedOut(result), location: (await result.json().catch(() => null))?.location };
          }

          // Busy: a second click would be the second of two. Leaving: nothing that is not saved is lost by it.
          let isBusy = false, isLeaving = false;
          document.addEventListener("submit", async (event) => {
            const form = event.target;
            const button = event.submitter;
            if (form.method !== "post") return;
            const isEditor = form === editor;
            const hasSteps = form.hasAttribute("data-steps") || button?.value === "publish";
            // Whatever another form does, what is written is saved first.
            const isSavedFirst = !isEditor && autosave.isDirty();
            if (isBusy || hasSteps || isSavedFirst) event.preventDefault();
            if (isBusy) return;
            isBusy = true;
            if (!hasSteps && !isSavedFirst) { isLeaving = true; return; }
            if (button) button.disabled = true;
            await (isEditor ? autosave.settled() : autosave.flush());
            const outcome = hasSteps ? await perform(form, button).catch(() => null) : undefined;
            if (button) button.disabled = false;
            const mayStay = !isEditor && autosave.isDirty();
            if (outcome?.location) {
              isLeaving = !mayStay;
              isBusy = !mayStay;
              window.location.assign(outcome.location);
              return;
            }
            if (editor && hasSteps && (!outcome || outcome.isSignedOut)) {
              // The browser's own way would lead to a page without the text.
              isBusy = false;
              autosave.say(outcome ? "signedOut" : "failed");
              return;
            }
            // Whatever it is, the server says it in words; and with the same key, it does it once.
            isLeaving = !mayStay;
            isBusy = !mayStay;
            if (button?.name) {
              const choice = Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value });
              form.append(choice);
            }
            HTMLFormElement.prototype.submit.call(form);
          });
          // A page that comes back from the browser's memory may be old, and its forms with it.
          window.addEventListener("pageshow", (event) => {
            if (!event.persisted) return;
            isBusy = isLeaving = false;
            if (!autosave.isDirty()) window.location.reload();
          });

          const editor = document.getElementById("editor");
          const nothing = async () => {};
          const autosave = editor ? startEditor(editor) : { isDirty: () => false, settled: nothing, flush: nothing };

          function startEditor(form) {
            const { title, content, revision } = form.elements;
            const preview = document.getElementById("preview");
            const saving = document.getElementById("saving");
            const conflict = document.getElementById("conflict");
            const text = () => title.value + "\n" + content.value;
            // A field's first value as the field itself would give it.
            const clean = (name, value) => Object.assign(document.createElement(name), { value }).value;
            const first = clean("input", title.defaultValue) + "\n" + clean("textarea", content.defaultValue);
            let saved = "isUnsaved" in form.dataset ? null : first;
            let timer, previewTimer, running = null, failures = 0, isStopped = false;
            const isDirty = () => text() !== saved;
            const say = (name) => { saving.textContent = form.dataset[name]; };
            if (isDirty()) say("unsaved");

            async function draw() {
              const drawn = content.value;
              const send = () => {
                const body = new URLSearchParams({ token: form.elements.token.value, content: drawn });
                return ask(form.dataset.preview, { method: "POST", body }).catch(() => null);
              };
              let answer = await send();
              if (isSignedOut(answer) && await renew()) answer = await send();
              if (answer?.ok && drawn === content.value) preview.innerHTML = await answer.text();
            }

            // What depends on how the draft stands, as the server shows it now.
            async function refresh() {
              const answer = await fetch(form.action, { headers: { accept: "text/html" }, redirect: "error" }).catch(() => null);
              if (!answer?.ok) return;
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              for (const id of ["heading", "links", "hint", "panels"]) {
                const part = page.getElementById(id);
                if (part) document.getElementById(id).replaceWith(part);
              }
              document.getElementById("publish").textContent = page.getElementById("publish")?.textContent;
              document.title = page.title;
            }

            // The text in the fields, as the browser may bring it back, was made from this revision.
            const remember = () => history.replaceState({ revision: revision.value }, "");

            async function save() {
              if (isStopped || isLeaving || !isDirty()) return;
              if (!title.value.trim()) { say("unsaved"); return; }
              say("saving");
              const sent = text();
              const body = new URLSearchParams(new FormData(form));
              body.set("do", "autosave");
              const answer = await ask(form.action, { method: "POST", body }).catch(() => null);
              const result = await answer?.json().catch(() => null);
              if (answer?.ok && result) {
                failures = 0;
                saved = sent;
                await accept(result);
                say(isDirty() ? "unsaved" : "saved");
                if (isDirty()) later();
              } else if (result?.code === "conflict") {
                isStopped = true;
                say("unsaved");
                conflict.querySelector("span").textContent = form.dataset.conflict;
                conflict.hidden = false;
              } else if (answer?.status === 422 || answer?.status === 413) {
                say("invalid");
              } else if (answer?.status === 404) {
                // Deleted meanwhile: there is nothing to save to.
                isStopped = true;
                saving.textContent = `${result?.text ?? ""} ${form.dataset.gone}`;
              } else if (isSignedOut(answer) && await renew()) {
                later(0);
              } else {
                say(isSignedOut(answer) ? "signedOut" : "failed");
                failures += 1;
                later(Math.min(30000, 2000 * 2 ** failures));
              }
            }

            async function accept(result) {
              const badge = document.getElementById("badge");
              const isNew = !form.action.endsWith(result.action);
              const isChanged = isNew || badge.textContent !== result.status;
              revision.value = result.revision;
              document.getElementById("revision-shown").textContent = result.revisionText;
              badge.textContent = result.status;
              badge.className = "badge " + result.tone;
              if (isNew) {
                form.setAttribute("action", result.action);
                live.dataset.progress = result.action + "/progress";
                history.replaceState(null, "", result.action);
              }
              remember();
              if (isChanged) await refresh();
            }

            function run() {
              if (running) { later(); return; }
              running = save().finally(() => { running = null; });
            }
            function later(milliseconds = 1200) {
              clearTimeout(timer);
              timer = setTimeout(run, milliseconds);
            }

            form.addEventListener("input", () => {
              if (!isStopped) say("unsaved");
              later();
              clearTimeout(previewTimer);
              previewTimer = setTimeout(draw, 250);
            });
            window.addEventListener("beforeunload", (event) => { if (isDirty() && !isLeaving) event.preventDefault(); });
            // A browser brings back what was typed before one went away: it is not saved for that.
            window.addEventListener("pageshow", () => {
              if (text() === first) { remember(); return; }
              if (history.state?.revision) revision.value = history.state.revision;
              say("unsaved");
              draw();
              later();
            });
            const settled = async () => { clearTimeout(timer); await running; };
            const flush = async () => { await settled(); await save(); };
            return { settled, flush, isDirty, say };
          }
        })();

        """#
}
