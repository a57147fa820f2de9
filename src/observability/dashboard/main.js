// The page: what it hears goes to the flow, the panels and the timeline.
import { setToken, watchEvents, watchStatus } from "./connection.js";
import { EventRing } from "./events.js";
import { fill } from "./figures.js";
import { showFlow } from "./flow.js";
import { makeLatencyRows, showPanels, showVerdict, silence, verdict } from "./panels.js";
import { NARROW, Timeline } from "./timeline.js";

const byId = (id) => document.getElementById(id);
const root = document.documentElement;

const THEMES = { auto: "Auto", light: "Light", dark: "Dark" };
const LONG = 0.25; // seconds, from which on what is under way is drawn before its confirmation

makeLatencyRows();
const ring = new EventRing();
const timeline = new Timeline(byId("lanes"), ring);

function setTheme(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  byId("theme-name").textContent = THEMES[theme];
  byId("theme").setAttribute("aria-label", `Colours: ${theme === "auto" ? "as the system" : theme}`);
  timeline.readColours();
}

let theme = localStorage.getItem("millrace-theme");
if (!(theme in THEMES)) theme = "auto";
setTheme(theme);
byId("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  theme = names[(names.indexOf(theme) + 1) % names.length];
  localStorage.setItem("millrace-theme", theme);
  setTheme(theme);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => timeline.readColours());

let lastHeard = null;
let windowChosen = false;

function setWindow(seconds) {
  timeline.span = seconds;
  for (const button of document.querySelectorAll("[data-window]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.window) === seconds));
  }
}

function heard(status) {
  const first = lastHeard === null;
  lastHeard = performance.now();
  root.dataset.state = "answers";
  document.body.classList.remove("silent");
  byId("token-form").hidden = true;
  byId("content").hidden = false;
  fill(document, status);
  showFlow(status);
  showPanels(status);
  const said = verdict(status);
  showVerdict(said);
  document.title = said[0] === "good" ? "millrace" : `${said[1]} – millrace`;
  timeline.setWorkers(status.workers.length);
  const ago = (seconds) => lastHeard / 1000 - seconds;
  timeline.open = status.under_way
    .filter((each) => each.since_seconds > LONG && !ring.toldLately(each.event)) // the tap is quicker
    .map((each) => ({ event: each.event, number: each.number, stage: each.stage, worker: each.worker, cut: ago(each.cut_seconds),
      started: ago(each.started_seconds), finished: ago(each.finished_seconds), since: ago(each.since_seconds) }));
  const narrow = timeline.width < NARROW;
  if (first && !windowChosen && (narrow || status.rates.in > 100)) setWindow(10);
  const spoken = `${status.workers.length} worker lanes over the last ${timeline.span} seconds; ${said[2]}`;
  byId("lanes").setAttribute("aria-label", spoken);
}

function silent(why) {
  root.dataset.state = "silent";
  document.body.classList.add("silent");
  timeline.open = [];
  const seconds = lastHeard === null ? null : (performance.now() - lastHeard) / 1000;
  showVerdict(silence(why, seconds));
  document.title = "no answer – millrace";
}

function locked() {
  root.dataset.state = "locked";
  document.body.classList.remove("silent");
  byId("content").hidden = true;
  showVerdict(["wait", "Locked", "Only who has the token may look."]);
  if (!byId("token-form").hidden) return;
  byId("token-form").hidden = false;
  byId("token").focus();
}

byId("token-form").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  setToken(byId("token").value);
  byId("token").value = "";
});

let leftOut = 0;
let liveText = "";

function showLive() {
  const text = liveText || (ring.leftOut > leftOut ? "So many that some are not shown." : "");
  leftOut = ring.leftOut;
  if (byId("live").textContent !== text) byId("live").textContent = text;
}
setInterval(showLive, 2000);

watchStatus({ heard, silent, locked });
watchEvents({
  event: (message) => {
    ring.add(message, performance.now() / 1000);
    if (timeline.open.length > 0) timeline.open = timeline.open.filter((each) => each.event !== message.event);
  },
  state: (text) => {
    liveText = text;
    showLive();
  },
});

function pick(i) {
  if (i === null || i === timeline.picked) return;
  timeline.picked = i;
  timeline.pickedTold = ring.told[i];
  const { title, text } = timeline.describe(i);
  const strong = document.createElement("b");
  strong.textContent = title;
  byId("picked").replaceChildren(strong, ` · ${text}`);
}

function setHold(on) {
  timeline.hold(on);
  byId("hold").setAttribute("aria-pressed", String(on));
  byId("hold").textContent = on ? "Go on" : "Hold";
}

for (const button of document.querySelectorAll("[data-window]")) {
  button.addEventListener("click", () => {
    windowChosen = true;
    setWindow(Number(button.dataset.window));
  });
}
byId("hold").addEventListener("click", () => setHold(timeline.heldAt === null));
byId("lanes").addEventListener("pointermove", (moved) => pick(timeline.nearest(moved.offsetX, moved.offsetY)));
byId("lanes").addEventListener("keydown", (pressed) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[pressed.key];
  if (!by) return;
  pressed.preventDefault();
  pick(timeline.step(by));
});
document.addEventListener("keydown", (pressed) => {
  const typing = pressed.target.matches("input") || pressed.ctrlKey || pressed.metaKey || pressed.altKey;
  if (pressed.key === "p" && !typing) setHold(timeline.heldAt === null);
});
