// What the status says beside the flow: the verdict, and the panels.
import { count, rate, time, uptime } from "./figures.js";

const byId = (id) => document.getElementById(id);

const PARTS = { source: "Source", sink: "Sink", journal: "Journal", processing: "Processing" };
const MEANS = {
  source: "millrace keeps trying to connect.",
  sink: "Results wait, in order, until it is back.",
  journal: "Nothing more is taken in.",
  processing: "Events wait; they lose nothing.",
};
const STAGES = {
  waiting: "old, waits for a worker", working: "old, worked on", retrying: "old, waits for its next attempt",
  turn: "old, waits for its turn", confirming: "old, waits for its confirmation",
};
const STEPS = [["queue", "wait", "waits for a worker"], ["work", "work", "worked on"], ["order", "turn", "waits for its turn"], ["confirm", "confirm", "is confirmed"], ["total", "", ""]];

// A sentence for whoever looks for the first time tonight.
export function verdict(status) {
  const wrong = Object.keys(PARTS).filter((part) => status.health?.[part]?.ok === false);
  if (status.state === "stopping") {
    return ["warn", "Stopping", `${count(status.in_flight.events)} events in flight are being finished.`];
  }
  if (!status.live) return ["bad", "Stuck", status.health?.processing?.reason ?? "It does not move."];
  if (status.pauses.now) {
    return ["warn", "Paused", "No room for more until results have gone out: the source is disconnected, its backlog waits there."];
  }
  if (wrong.length > 0) {
    const title = status.state === "starting" ? "Starting" : "Not ready";
    const text = wrong.map((part) => `${PARTS[part]}: ${status.health[part].reason}. ${MEANS[part]}`).join(" ");
    return [status.state === "starting" ? "wait" : "bad", title, text];
  }
  const head = status.head_of_line;
  if (head && head.age_seconds > Math.max(10, 4 * (status.latency_seconds.total?.p50 ?? 0))) {
    const behind = head.results_waiting === 1 ? "1 result waits" : `${count(head.results_waiting)} results wait`;
    return ["warn", "Running, held up", `Event ${head.event} is ${time(head.age_seconds)} ${STAGES[head.stage] ?? "old"}; ${behind} behind it.`];
  }
  const p99 = status.latency_seconds.total?.p99;
  const late = p99 ? ` 99 of 100 are through within ${time(p99)}.` : "";
  return ["good", "Running", `${rate(status.rates.in)} events per second in, ${rate(status.rates.out)} results per second out.${late}`];
}

export function showVerdict([tone, title, text]) {
  byId("verdict").dataset.tone = tone;
  if (byId("verdict-title").textContent !== title) byId("verdict-title").textContent = title;
  if (byId("verdict-text").textContent !== text) byId("verdict-text").textContent = text;
}

function cell(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function makeLatencyRows() {
  for (const [step, colour] of STEPS) {
    const row = cell("tr");
    const name = cell("th");
    name.scope = "row";
    if (colour) name.append(cell("i", `s-${colour}`));
    name.append(step);
    row.append(name);
    for (const figure of ["p50", "p90", "p99", "max"]) {
      const value = cell("data");
      value.dataset.path = `latency_seconds.${step}.${figure}`;
      value.dataset.as = "time";
      const column = cell("td");
      column.append(value);
      row.append(column);
    }
    byId("latency").append(row);
    if (colour) byId("shares").append(cell("i", `s-${colour}`));
  }
}

function showShares(latency) {
  const medians = STEPS.slice(0, 4).map(([step]) => latency[step]?.p50 ?? 0);
  const all = medians.reduce((sum, each) => sum + each, 0) || 1;
  STEPS.slice(0, 4).forEach(([, , phrase], i) => {
    const part = byId("shares").children[i];
    part.style.width = `${(100 * medians[i]) / all}%`;
    part.title = `${phrase}: ${time(medians[i])}`;
  });
}

function meter(id, value, limit) {
  const element = byId(id);
  if (!element.firstChild) element.append(cell("i"));
  const share = limit > 0 ? Math.min(1, value / limit) : 0;
  element.firstChild.style.width = `${share * 100}%`;
  element.dataset.full = String(share >= 0.8);
}

function showConnections(connections) {
  const rows = Object.entries({ Source: connections.source, Sink: connections.sink, "Dead letters": connections.dead_letters })
    .filter(([, each]) => each)
    .map(([name, each]) => {
      const row = cell("li");
      const dot = cell("span", "dot");
      dot.dataset.ok = String(each.ok);
      const again = each.reconnects === 1 ? "1 reconnect" : `${count(each.reconnects)} reconnects`;
      row.append(dot, cell("span", "", name), cell("span", "state", each.ok ? "connected" : each.connected ? "not ready" : "not connected"));
      const session = each.session_present === null || each.session_present === undefined ? "" : each.session_present ? ", session kept" : ", new session";
      row.append(cell("span", "why", each.reason || `${again}${session}`));
      return row;
    });
  byId("connections").replaceChildren(...rows);
}

function showLetters(letters, any) {
  byId("letters-none").hidden = letters.length > 0;
  byId("letters-none").textContent = any ? "None is remembered." : "None since the start.";
  byId("letters").hidden = letters.length === 0;
  const rows = letters.map((letter) => {
    const row = cell("tr");
    const day = new Date(letter.time);
    const when = cell("td", "", Number.isNaN(day.getTime()) ? letter.time : day.toLocaleTimeString("en-GB"));
    when.title = letter.time;
    row.append(when, cell("td", "id", letter.event), cell("td", "", letter.stream), cell("td", "kind", letter.kind), cell("td", "", letter.cause), cell("td", "", String(letter.attempts)));
    return row;
  });
  byId("letters").tBodies[0].replaceChildren(...rows);
}

const HISTORY = 120; // seconds
const history = [];

function showRates(rates) {
  history.push([rates.in, rates.out]);
  if (history.length > HISTORY) history.shift();
  const top = Math.max(1, ...history.flat());
  const svg = byId("rates");
  const line = (which) => history.map((each, i) => `${i ? "L" : "M"}${HISTORY - history.length + i} ${(98 - (84 * each[which]) / top).toFixed(1)}`).join("");
  svg.setAttribute("viewBox", `0 0 ${HISTORY - 1} 100`);
  if (!svg.firstChild) svg.innerHTML = '<path class="base" d="M0 99H119"/><path class="in"/><path class="out"/>';
  svg.querySelector(".in").setAttribute("d", line(0));
  svg.querySelector(".out").setAttribute("d", line(1));
  byId("rates-top").textContent = `highest ${rate(top)}`;
}

export function showPanels(status) {
  const head = status.head_of_line;
  byId("version").textContent = `version ${status.version}`;
  byId("head-none").hidden = Boolean(head);
  byId("head-some").hidden = !head;
  if (head) {
    const who = head.stage === "working" && head.worker !== null ? ` by worker ${head.worker}` : "";
    byId("head-stage").textContent = (STAGES[head.stage] ?? head.stage) + who;
  }
  meter("in-flight-meter", status.in_flight.events, status.configuration.in_flight);
  meter("journal-meter", status.journal?.bytes ?? 0, status.journal?.limit ?? 0);
  showShares(status.latency_seconds);
  showConnections(status.connections);
  showLetters(status.last_dead_letters, status.out.dead_letters > 0);
  showRates(status.rates);
}

export function silence(why, seconds) {
  return ["bad", "millrace does not answer", seconds === null ? `${why}.` : `${why[0].toUpperCase()}${why.slice(1)}. What follows is ${uptime(Math.max(1, seconds))} old.`];
}
