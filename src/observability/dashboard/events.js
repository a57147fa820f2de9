// EventRing: the last events that were heard of, in a fixed amount of memory.

const CAPACITY = 16384;
const LATELY = 256; // events
export const GOOD = 0;
export const BAD = 1;
export const NO_WORKER = 0xffff;

// Times are seconds since the epoch, by millrace's clock.
export class EventRing {
  constructor() {
    this.cut = new Float64Array(CAPACITY);
    this.started = new Float64Array(CAPACITY);
    this.lastStarted = new Float64Array(CAPACITY);
    this.finished = new Float64Array(CAPACITY);
    this.emitted = new Float64Array(CAPACITY);
    this.confirmed = new Float64Array(CAPACITY);
    this.worker = new Uint16Array(CAPACITY);
    this.kind = new Uint8Array(CAPACITY);
    this.told = new Array(CAPACITY); // the message, for who asks what it was
    this.end = 0; // heard of in all
    this.leftOut = 0;
    this.offset = 0; // from the page's clock to millrace's
  }

  // Messages come some time after what they tell of: the shortest time is nearest to the truth. It
  // is let go slowly, as clocks drift.
  adjust(confirmed, now) {
    const offset = confirmed - now;
    this.offset = this.end === 0 ? offset : Math.max(offset, this.offset - 0.0005);
  }

  add(message, now) {
    this.adjust(message.confirmed, now);
    const at = this.end % CAPACITY;
    for (const step of ["cut", "started", "finished", "emitted", "confirmed"]) {
      this[step][at] = message[step];
    }
    this.lastStarted[at] = message.last_started;
    this.worker[at] = message.worker ?? NO_WORKER;
    this.kind[at] = message.kind === "rejected" || message.kind === "failed" ? BAD : GOOD;
    this.told[at] = message;
    this.end += 1;
    this.leftOut += message.left_out;
  }

  // How many of the last events were confirmed since `from`. They come in that order.
  since(from) {
    const most = Math.min(this.end, CAPACITY);
    let count = 0;
    while (count < most && this.confirmed[(this.end - 1 - count) % CAPACITY] >= from) count += 1;
    return count;
  }

  toldLately(event) {
    let told = false;
    this.last(Math.min(this.end, LATELY), (i) => {
      told ||= this.told[i].event === event;
    });
    return told;
  }

  // Calls `each(position)` for the last `count` events, oldest first.
  last(count, each) {
    for (let i = this.end - count; i < this.end; i += 1) each(i % CAPACITY);
  }
}
