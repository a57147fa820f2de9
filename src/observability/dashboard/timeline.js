// Timeline: the worker lanes. Every event enters above, is worked on in a lane, and leaves below.
import { BAD, NO_WORKER } from "./events.js";
import { time } from "./figures.js";

const FRAME = 1000 / 30; // milliseconds
const RAIL = 26; // pixels: the rails above and below
const AXIS = 18;
const MOST_LANES = 48;
export const NARROW = 560; // pixels
const SPARSE = 160; // events, up to which each is drawn with its way and its number

const lighter = (context, alpha, draw) => {
  context.globalAlpha = alpha;
  draw();
  context.globalAlpha = 1;
};

export class Timeline {
  constructor(canvas, ring) {
    this.canvas = canvas;
    this.ring = ring;
    this.context = canvas.getContext("2d");
    this.workers = 1;
    this.open = []; // what is not confirmed, as in /status, its times by the page's clock (main.js)
    this.span = 30;
    this.heldAt = null;
    this.picked = null;
    this.drawnAt = -Infinity;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    new ResizeObserver(() => this.measure()).observe(canvas);
    this.readColours();
    this.measure();
    requestAnimationFrame((at) => this.tick(at));
  }

  now() {
    return this.heldAt ?? performance.now() / 1000;
  }

  hold(on) {
    this.heldAt = on ? performance.now() / 1000 : null;
  }

  readColours() {
    const of = (id, what = "backgroundColor") => getComputedStyle(document.getElementById(id))[what];
    this.colours = {
      wait: of("c-wait"), work: of("c-work"), turn: of("c-turn"), confirm: of("c-confirm"),
      bad: of("c-bad"), soft: of("picked", "color"), line: of("picked", "borderTopColor"),
      ink: getComputedStyle(document.body).color,
      card: getComputedStyle(this.canvas.parentElement).backgroundColor,
    };
  }

  setWorkers(count) {
    if (count === this.workers) return;
    this.workers = count;
    this.measure();
  }

  measure() {
    this.lanes = Math.max(1, Math.min(this.workers, MOST_LANES));
    this.lane = Math.max(6, Math.min(36, Math.floor(300 / this.lanes)));
    this.width = this.canvas.clientWidth;
    this.height = 2 * RAIL + this.lanes * this.lane + AXIS;
    this.gutter = this.width < NARROW ? 34 : 74;
    const scale = Math.min(devicePixelRatio || 1, 2);
    this.canvas.style.height = `${this.height}px`;
    this.canvas.width = Math.round(this.width * scale);
    this.canvas.height = Math.round(this.height * scale);
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.drawnAt = -Infinity;
  }

  tick(at) {
    if (at - this.drawnAt >= (this.still.matches ? 1000 : FRAME - 2)) {
      this.drawnAt = at;
      this.draw();
    }
    requestAnimationFrame((next) => this.tick(next));
  }

  x(t) {
    const right = this.width - 8;
    return right - ((this.to - t) / this.span) * (right - this.gutter);
  }

  // Where a worker's lane has its middle.
  y(worker) {
    return RAIL + (this.laneOf(worker) + 0.5) * this.lane;
  }

  laneOf(worker) {
    return this.workers <= MOST_LANES ? worker : Math.floor((worker * this.lanes) / this.workers);
  }

  draw() {
    this.to = this.now() + this.ring.offset;
    this.context.clearRect(0, 0, this.width, this.height);
    this.drawGround();
    this.context.save();
    this.context.beginPath();
    this.context.rect(this.gutter, 0, this.width - this.gutter, this.height);
    this.context.clip();
    const count = this.ring.since(this.to - this.span);
    if (count <= SPARSE) this.drawEach(this.positions(count));
    else this.drawMany(count);
    this.drawOpen();
    this.drawPicked();
    this.context.restore();
  }

  positions(count) {
    const all = [];
    this.ring.last(count, (i) => all.push(i));
    return all;
  }

  drawGround() {
    const { context: c, colours } = this;
    const bottom = this.height - AXIS;
    c.font = "11px " + getComputedStyle(document.body).fontFamily;
    c.textBaseline = "middle";
    c.fillStyle = colours.soft;
    c.textAlign = "left";
    const wide = this.gutter > 40;
    c.fillText("in", 0, RAIL / 2);
    c.fillText("out", 0, bottom - RAIL / 2);
    const every = Math.max(1, Math.ceil(14 / this.lane));
    for (let i = 0; i < this.lanes; i += every) {
      const name = this.workers <= MOST_LANES ? i : Math.ceil((i * this.workers) / this.lanes);
      c.fillText(wide ? `worker ${name}` : `${name}`, 0, RAIL + (i + 0.5) * this.lane);
    }
    c.fillStyle = colours.line;
    for (let i = 0; i <= this.lanes; i += 1) {
      if (this.lane < 12 && i % this.lanes !== 0) continue;
      c.fillRect(this.gutter, Math.round(RAIL + i * this.lane), this.width, 1);
    }
    const step = this.span <= 10 ? 1 : this.span <= 30 ? 5 : 20;
    c.textAlign = "center";
    for (let ago = 0; ago <= this.span; ago += step) {
      const x = this.x(this.to - ago);
      if (x < this.gutter + 8) break;
      lighter(c, 0.55, () => c.fillRect(Math.round(x), 0, 1, bottom));
      if (ago === 0 || (wide ? true : ago % (2 * step) === 0)) {
        c.fillStyle = colours.soft;
        c.textAlign = ago === 0 ? "right" : "center";
        c.fillText(ago === 0 ? "now" : `−${ago} s`, ago === 0 ? this.width - 2 : x, bottom + AXIS / 2 + 2);
        c.fillStyle = colours.line;
      }
    }
  }

  bar(from, to, y, height, colour) {
    const x = this.x(from);
    const width = Math.max(1.5, this.x(to) - x - 1); // beside the next one, not touching it
    this.context.fillStyle = colour;
    this.context.beginPath();
    this.context.roundRect(x, y - height / 2, width, height, Math.min(3, height / 2, width / 2));
    this.context.fill();
    return width;
  }

  // The way of one event: down from the rail above, along its lane, down to the rail below.
  drawEach(shown) {
    const { context: c, ring, colours } = this;
    const out = this.height - AXIS - RAIL;
    const labels = [];
    const tall = Math.min(16, this.lane * 0.5);
    lighter(c, 0.5, () => {
      for (const i of shown) {
        const known = ring.worker[i] !== NO_WORKER;
        const y = known ? this.y(ring.worker[i]) : out + RAIL / 2;
        c.fillStyle = colours.wait;
        c.fillRect(this.x(ring.cut[i]) - 0.5, RAIL / 2, 1, y - RAIL / 2);
        c.fillStyle = colours.turn;
        if (known) c.fillRect(this.x(ring.emitted[i]) - 0.5, y + tall / 2 + 2, 1, out + RAIL / 2 - y - tall / 2 - 2);
      }
    });
    this.drawUnderConfirmation(shown.map((i) => [ring.emitted[i], ring.confirmed[i]]));
    for (const i of shown) {
      const bad = ring.kind[i] === BAD;
      const known = ring.worker[i] !== NO_WORKER;
      const y = known ? this.y(ring.worker[i]) : out;
      this.bar(ring.cut[i], ring.cut[i], RAIL / 2, 8, colours.wait);
      if (known) {
        if (ring.started[i] > ring.cut[i]) this.bar(ring.cut[i], ring.started[i], y - tall / 2 - 2.5, 2, colours.wait);
        const width = this.bar(ring.lastStarted[i], ring.finished[i], y, tall, bad ? colours.bad : colours.work);
        if (ring.emitted[i] > ring.finished[i]) this.bar(ring.finished[i], ring.emitted[i], y + tall / 2 + 2.5, 3, colours.turn);
        this.number(ring.told[i].number, this.x(ring.lastStarted[i]), width, y, tall);
      }
      this.bar(ring.confirmed[i], ring.confirmed[i], out + RAIL / 2 - 3, 10, bad ? colours.bad : colours.confirm);
      labels.push([ring.told[i].number, this.x(ring.confirmed[i])]);
    }
    c.fillStyle = colours.soft;
    c.textAlign = "left";
    labels.forEach(([number, left], i) => {
      const next = i + 1 < labels.length ? labels[i + 1][1] : this.width;
      if (next - left > c.measureText(number).width + 10) c.fillText(number, left + 5, out + RAIL / 2 - 2.5);
    });
  }

  number(number, x, width, y, tall, colour = this.colours.card) {
    if (tall < 11 || width < this.context.measureText(number).width + 12) return;
    this.context.fillStyle = colour;
    this.context.textAlign = "left";
    this.context.fillText(number, Math.max(x, this.gutter) + 6, y + 0.5);
  }

  // So many that most share a pixel with others: what touches becomes one bar. A colour at a time,
  // and a row at a time within it.
  drawMany(count) {
    const { ring } = this;
    const out = this.height - AXIS - RAIL;
    const tall = Math.max(3, this.lane * 0.5);
    const good = (i) => ring.kind[i] !== BAD;
    const bad = (i) => ring.kind[i] === BAD;
    const worked = (i) => ring.worker[i] !== NO_WORKER;
    const lane = (i) => this.laneOf(ring.worker[i]);
    const inLane = (above) => (row) => RAIL + (row + 0.5) * this.lane + above;
    const rail = () => 0;
    this.rows(count, "wait", ring.cut, ring.cut, () => true, rail, () => RAIL / 2 - 4, 8);
    this.rows(count, "wait", ring.cut, ring.started, worked, lane, inLane(-tall / 2 - 2.5), 1.5);
    this.rows(count, "work", ring.lastStarted, ring.finished, (i) => worked(i) && good(i), lane, inLane(-tall / 2), tall);
    this.rows(count, "bad", ring.lastStarted, ring.finished, (i) => worked(i) && bad(i), lane, inLane(-tall / 2), tall);
    this.rows(count, "turn", ring.finished, ring.emitted, (i) => worked(i) && ring.emitted[i] > ring.finished[i], lane, inLane(tall / 2 + 1.5), 2);
    this.rows(count, "confirm", ring.emitted, ring.confirmed, good, rail, () => out + RAIL / 2 - 8, 10);
    this.rows(count, "bad", ring.emitted, ring.confirmed, bad, rail, () => out + RAIL / 2 - 8, 10);
  }

  rows(count, colour, from, to, shown, rowOf, top, height) {
    const { context: c } = this;
    const right = this.width - 8;
    const pixels = (right - this.gutter) / this.span;
    const begun = new Float64Array(this.lanes).fill(NaN);
    const ended = new Float64Array(this.lanes).fill(-Infinity);
    c.fillStyle = this.colours[colour];
    this.ring.last(count, (i) => {
      if (!shown(i)) return;
      const row = rowOf(i);
      const begin = Math.round((right - (this.to - from[i]) * pixels) * 2) / 2;
      const end = Math.max(begin + 0.5, Math.round((right - (this.to - to[i]) * pixels) * 2) / 2);
      if (begin <= ended[row]) {
        ended[row] = Math.max(ended[row], end);
        return;
      }
      if (!Number.isNaN(begun[row])) c.fillRect(begun[row], top(row), ended[row] - begun[row], height);
      begun[row] = begin;
      ended[row] = end;
    });
    for (let row = 0; row < this.lanes; row += 1) {
      if (!Number.isNaN(begun[row])) c.fillRect(begun[row], top(row), ended[row] - begun[row], height);
    }
  }

  drawOpen() {
    if (this.heldAt !== null) return;
    const tall = Math.min(16, this.lane * 0.5);
    for (const each of this.open) this.drawUnconfirmed(each, tall);
    const sent = this.open.filter((each) => each.stage === "confirming");
    this.drawUnderConfirmation(sent.map((each) => [each.since + this.ring.offset, this.to]));
  }

  // As drawEach, so far as it has come: pale what goes on.
  drawUnconfirmed({ number, stage, worker, cut, started, finished, since }, tall) {
    const { colours } = this;
    const [begun, ended, turned] = [started, finished, since].map((time) => time + this.ring.offset);
    this.bar(cut + this.ring.offset, cut + this.ring.offset, RAIL / 2, 8, colours.wait);
    if (worker === null) return;
    const y = this.y(worker);
    const working = stage === "working";
    const end = working ? this.to : ended;
    let width = 0;
    lighter(this.context, working ? 0.55 : 1, () => {
      width = this.bar(begun, end, y, tall, stage === "retrying" ? colours.bad : colours.work);
    });
    this.number(number, this.x(begun), width, y, tall, working ? colours.ink : colours.card);
    if (stage === "turn") this.bar(ended, this.to, y + tall / 2 + 2.5, 3, colours.turn);
    if (stage === "confirming" && turned > ended) this.bar(ended, turned, y + tall / 2 + 2.5, 3, colours.turn);
  }

  // Times in which something had left and was not confirmed, in their order; pale, and none twice.
  drawUnderConfirmation(times) {
    let until = -Infinity;
    lighter(this.context, 0.35, () => {
      for (const [from, to] of times) {
        if (to > until) this.bar(Math.max(from, until), to, this.height - AXIS - RAIL / 2 - 3, 10, this.colours.confirm);
        until = Math.max(until, to);
      }
    });
  }

  drawPicked() {
    if (this.picked === null || this.ring.worker[this.picked] === NO_WORKER) return;
    if (this.ring.told[this.picked] !== this.pickedTold) return; // its place is another event's now
    const { context: c, ring, picked: i } = this;
    const tall = Math.min(16, this.lane * 0.5) + 6;
    const x = this.x(ring.lastStarted[i]);
    c.strokeStyle = this.colours.ink;
    c.lineWidth = 1.5;
    c.beginPath();
    c.roundRect(x - 3, this.y(ring.worker[i]) - tall / 2, Math.max(2, this.x(ring.finished[i]) - x) + 6, tall, 4);
    c.stroke();
  }

  // The event nearest to a point of the canvas.
  nearest(px, py) {
    const lane = Math.floor((py - RAIL) / this.lane);
    let best = null;
    let least = 24;
    for (const i of this.positions(this.ring.since(this.to - this.span))) {
      const known = this.ring.worker[i] !== NO_WORKER;
      const inLane = known && this.laneOf(this.ring.worker[i]) === lane;
      if (lane >= 0 && lane < this.lanes && !inLane) continue;
      const from = this.x(lane < 0 ? this.ring.cut[i] : lane < this.lanes ? this.ring.lastStarted[i] : this.ring.emitted[i]);
      const to = this.x(lane < 0 ? this.ring.cut[i] : lane < this.lanes ? this.ring.finished[i] : this.ring.confirmed[i]);
      const distance = px < from ? from - px : px > to ? px - to : 0;
      if (distance <= least) [best, least] = [i, distance];
    }
    return best;
  }

  // The event `by` places after the picked one, among those shown.
  step(by) {
    const shown = this.positions(this.ring.since(this.to - this.span));
    if (shown.length === 0) return null;
    const at = shown.indexOf(this.picked);
    const next = at < 0 ? shown.length - 1 : at + by;
    return shown[Math.max(0, Math.min(shown.length - 1, next))];
  }

  describe(i) {
    const { ring } = this;
    const told = ring.told[i];
    const spans = [["queue", "cut", "started"], ["work", "started", "finished"], ["order", "finished", "emitted"], ["confirm", "emitted", "confirmed"]];
    const times = spans.map(([name, from, to]) => `${name} ${time(ring[to][i] - ring[from][i])}`);
    return { title: `${told.event} · number ${told.number}`, text: [told.stream, told.cause ? `${told.kind}: ${told.cause}` : told.kind,
      told.worker === null ? "not worked on" : `worker ${told.worker}`, told.attempts > 1 ? `${told.attempts} attempts` : "", ...times].filter(Boolean).join(" · ") };
  }
}
