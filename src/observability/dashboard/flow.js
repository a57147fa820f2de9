// The way of the events: source, framing, worker lanes, order, sink.
import { count } from "./figures.js";

const MANY = 12; // workers, from which on each is a small square

const byId = (id) => document.getElementById(id);

function text(id, value) {
  const element = byId(id);
  if (element.textContent !== value) element.textContent = value;
  element.title = value; // it may be cut off
}

// One line from the middle of one side to each of the lanes.
function fan(svg, lanes, busy, toLanes) {
  const height = 100;
  svg.setAttribute("viewBox", `0 0 100 ${height}`);
  while (svg.children.length > lanes) svg.lastChild.remove();
  while (svg.children.length < lanes) svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  for (let i = 0; i < lanes; i += 1) {
    // The lanes begin beneath the title of their box.
    const y = lanes === 1 ? height / 2 : 30 + ((height - 40) * (i + 0.5)) / lanes;
    const [from, to] = toLanes ? [height / 2, y] : [y, height / 2];
    svg.children[i].setAttribute("d", `M0 ${from} C50 ${from} 50 ${to} 100 ${to}`);
    svg.children[i].setAttribute("class", busy[i] ? "busy" : "");
  }
}

function showWorkers(workers) {
  const list = byId("workers");
  const many = workers.length > MANY;
  list.classList.toggle("many", many);
  while (list.children.length > workers.length) list.lastChild.remove();
  while (list.children.length < workers.length) {
    const item = document.createElement("li");
    item.innerHTML = '<span></span><span class="bar"><i></i></span><b></b>';
    list.append(item);
  }
  workers.forEach((each, i) => {
    const item = list.children[i];
    const share = `${Math.round(each.busy_ratio * 100)} %`;
    item.classList.toggle("busy", Boolean(each.event));
    item.children[0].textContent = each.worker;
    item.querySelector("i").style.width = `${each.busy_ratio * 100}%`;
    item.children[2].textContent = share;
    const doing = each.event ? `works on ${each.event}, attempt ${each.attempt}` : "idle";
    item.title = `Worker ${each.worker}: busy ${share} of the time, ${doing}`;
  });
  const busy = workers.filter((each) => each.event).length;
  text("workers-title", `${workers.length} ${workers.length === 1 ? "worker" : "workers"}, ${busy} at work`);
  const lanes = many ? Math.min(7, workers.length) : workers.length;
  const lit = Array.from({ length: lanes }, (_, i) => (many ? i < (busy * lanes) / workers.length : Boolean(workers[i].event)));
  fan(byId("fork"), lanes, lit, true);
  fan(byId("join"), lanes, lit, false);
}

const byMqtt = (url) => url.startsWith("mqtt");

export function showFlow(status) {
  const { configuration, connections } = status;
  text("source-url", configuration.source);
  text("source-topics", byMqtt(configuration.source) ? configuration.topics.join(", ") : "");
  text("sink-url", configuration.sink);
  text("sink-topic", byMqtt(configuration.sink) ? configuration.topic : "");
  byId("node-source").querySelector(".dot").dataset.ok = String(connections.source.ok);
  byId("node-sink").querySelector(".dot").dataset.ok = String(connections.sink.ok);
  text("turn", count(status.head_of_line?.results_waiting ?? 0));
  showWorkers(status.workers);
}
