extension Assets {
    /// What a page does beyond what forms and links do: preview and autosave as one types, steps as they happen.
    static let scriptText = #"""
        "use strict";
        (() => {
          document.documentElement.classList.add("with-script");
          const json = { accept: "application/json" };
          const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

          const live = document.getElementById("live");

          // The server's own HTML, in which it has escaped every text.
          async function steps(href) {
            if (!href) return null;
            const answer = await fetch(href, { headers: { accept: "text/html" } });
            if (!answer.ok) return null;
            const part = document.createElement("template");
            part.innerHTML = await answer.text();
            return part.content.querySelector(".steps");
          }

          function show(found) {
            live.hidden = false;
            if (live.firstElementChild?.outerHTML !== found.outerHTML) live.replaceChildren(found);
          }

          // The page of a transaction: follows it to its end.
          async function follow() {
            for (let round = 0; round < 600; round++) {
              if (live.querySelector(".steps")?.dataset.finished !== "false") return;
              await pause(round < 20 ? 250 : 1000);
              const found = await steps(live.dataset.progress).catch(() => null);
              if (found) show(found);
            }
          }
          if (live?.querySelector(".steps")) follow();

          // A form that begins a transaction: shows what happens while the answer is awaited.
          async function perform(form, button) {
            const before = await steps(live.dataset.progress).catch(() => null);
            let isOver = false;
            const body = new URLSearchParams(new FormData(form, button));
            const answer = fetch(form.action, { method: "POST", headers: json, body })
              .finally(() => { isOver = true; });
            (async () => {
              for (let round = 0; round < 200 && !isOver; round++) {
                const found = await steps(live.dataset.progress).catch(() => null);
                if (found && found.dataset.gid !== before?.dataset.gid) show(found);
                await pause(120);
              }
            })();
            const result = await answer;
            return (await result.json()).location;
          }

          let isLeaving = false;
          document.addEventListener("submit", async (event) => {
            const form = event.target;
            const button = event.submitter;
            const isPublish = button?.value === "publish";
            if (form.method !== "post") return;
            const hasSteps = form.hasAttribute("data-steps") || isPublish;
            // The second click of two.
            if (isLeaving || hasSteps) event.preventDefault();
            if (isLeaving) return;
            isLeaving = true;
            if (!hasSteps) return;
            button.disabled = true;
            await autosave.settled();
            let location;
            try { location = await perform(form, button); } catch { location = undefined; }
            if (location) { window.location.assign(location); return; }
            // Whatever it is, the server says it in words; and with the same key, it does it once.
            button.disabled = false;
            if (button.name) {
              const choice = Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value });
              form.append(choice);
            }
            HTMLFormElement.prototype.submit.call(form);
          });
          // A page that comes back from the browser's memory may be old, and its forms with it.
          window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

          const editor = document.getElementById("editor");
          const autosave = editor ? startEditor(editor) : { settled: async () => {} };

          function startEditor(form) {
            const { title, content, revision } = form.elements;
            const preview = document.getElementById("preview");
            const saving = document.getElementById("saving");
            const conflict = document.getElementById("conflict");
            let saved = title.value + "\n" + content.value;
            let timer, previewTimer, running = null, failures = 0, isStopped = false;
            const text = () => title.value + "\n" + content.value;
            const isDirty = () => text() !== saved;
            const say = (name) => { saving.textContent = form.dataset[name]; };

            async function draw() {
              const body = new URLSearchParams({ token: form.elements.token.value, content: content.value });
              const drawn = content.value;
              const answer = await fetch(form.dataset.preview, { method: "POST", headers: { accept: "text/html" }, body }).catch(() => null);
              if (answer?.ok && drawn === content.value) preview.innerHTML = await answer.text();
            }

            async function save() {
              if (isStopped || isLeaving || !isDirty()) return;
              if (!title.value.trim()) { say("unsaved"); return; }
              say("saving");
              const sent = text();
              const body = new URLSearchParams(new FormData(form));
              body.set("do", "save");
              let answer;
              try { answer = await fetch(form.action, { method: "POST", headers: json, body }); } catch { answer = null; }
              const result = await answer?.json().catch(() => null);
              if (answer?.ok && result) {
                failures = 0;
                saved = sent;
                revision.value = result.revision;
                document.getElementById("revision-shown").textContent = result.revisionText;
                const badge = document.getElementById("badge");
                badge.textContent = result.status;
                badge.className = "badge " + result.tone;
                if (!form.action.endsWith(result.action)) {
                  form.setAttribute("action", result.action);
                  live.dataset.progress = result.action + "/progress";
                  history.replaceState(null, "", result.action);
                }
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
                saving.textContent = result?.text ?? form.dataset.failed;
              } else {
                say(answer?.status === 401 || answer?.status === 403 ? "signedOut" : "failed");
                failures += 1;
                later(Math.min(30000, 2000 * 2 ** failures));
              }
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
            // A browser may have kept what was typed before the page was loaded again.
            if (content.value !== content.defaultValue) draw();
            return { settled: async () => { clearTimeout(timer); await running; } };
          }
        })();

        """#
}
