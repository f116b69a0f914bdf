// Follows the log of a running run. Without it the page shows what there was when it was loaded.
"use strict";
const list = document.querySelector("[data-live]");
if (list) {
  const source = new EventSource(list.dataset.live + "?after=" + list.dataset.after);
  source.addEventListener("line", (message) => {
    const line = JSON.parse(message.data);
    const item = document.createElement("li");
    item.className = line.level;
    const time = new Date(line.at * 1000).toISOString().slice(11, 19);
    item.textContent = time + "  " + line.event + "  " + (line.detail || "");
    list.append(item);
    item.scrollIntoView({ block: "nearest" });
  });
  source.addEventListener("end", (message) => {
    source.close();
    document.querySelector("[data-state]").textContent = JSON.parse(message.data).state;
    list.removeAttribute("data-live");
  });
}
