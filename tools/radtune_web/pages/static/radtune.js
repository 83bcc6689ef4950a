// What the pages do better with JavaScript; each works without it.
"use strict";

// Client events live: the rows that are new since the newest one shown come to the top.
const live = document.querySelector("[data-live]");
if (live) {
  const every = 3000, most = 300;
  const button = document.querySelector("[data-pause]");
  let paused = false, newest = live.dataset.newest;
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    button.setAttribute("aria-pressed", paused);
  });
  const look = async () => {
    if (!paused && !document.hidden) {
      try {
        const answer = await fetch(live.dataset.live + encodeURIComponent(newest), { headers: { Accept: "text/html" }, redirect: "error" });
        if (answer.status === 401) return;
        if (answer.ok) {
          newest = answer.headers.get("X-Newest") || newest;
          const rows = new DOMParser().parseFromString("<table><tbody>" + (await answer.text()) + "</tbody></table>", "text/html").querySelectorAll("tr");
          for (const row of [...rows].reverse()) {
            row.classList.add("new");
            live.prepend(row);
            setTimeout(() => row.classList.remove("new"), 4000);
          }
          while (live.children.length > most) live.lastElementChild.remove();
        }
      } catch { /* the server is away: the next look may find it */ }
    }
    setTimeout(look, every);
  };
  setTimeout(look, every);
}

// "/" goes to the search, as in other tools.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    document.getElementById("q")?.focus();
    event.preventDefault();
  }
});
