// What the page hears from millrace: its status once a second, its events as they pass.

const EVERY = 1000; // milliseconds between two looks at /status
const PATIENCE = 2000; // for one of them; so silence shows within EVERY + PATIENCE
const RETRY = 2000; // before the next attempt at /tap

const KEY = "millrace-token";

export function setToken(token) {
  sessionStorage.setItem(KEY, token);
}

// Its bytes in UTF-8, one a character, as headers and base64 need them; empty: none.
function token() {
  return String.fromCharCode(...new TextEncoder().encode(sessionStorage.getItem(KEY) ?? ""));
}

function ask(path) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  return fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
}

// Calls `heard(status)`, `silent(why)` or `locked()` about once a second, for ever.
export async function watchStatus({ heard, silent, locked }) {
  for (;;) {
    const begun = performance.now();
    try {
      const answer = await ask("/status");
      if (answer.status === 401) locked();
      else if (!answer.ok) silent(`/status answers ${answer.status}`);
      else heard(await answer.json());
    } catch (error) {
      silent(error.name === "TimeoutError" ? "it takes too long" : "no connection");
    }
    await new Promise((next) => setTimeout(next, Math.max(0, EVERY - (performance.now() - begun))));
  }
}

// As the server reads it: `bearer.` and the token in base64url without padding.
function protocols() {
  if (!token()) return ["millrace-tap"];
  const plain = btoa(token()).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return ["millrace-tap", `bearer.${plain}`];
}

// A refused WebSocket tells a page nothing: ask in plain HTTP.
async function whyNot() {
  try {
    const answer = await ask("/tap");
    if (answer.status === 403) return "Live events are switched off (http.tap).";
    if (answer.status === 404) return "This millrace shows no live events.";
    const name = location.hostname;
    const forgeable = name.includes(".") && !/^[\d.]+$/.test(name) && !name.endsWith(".localhost");
    if (answer.status === 426 && forgeable && !token()) {
      return "Under this name live events are shown only where http.token is set.";
    }
    return answer.status === 401 ? "" : "Live events: trying again. At most 16 may look at a time.";
  } catch {
    return ""; // the status says it
  }
}

// Calls `event(message)` for each, `state(text)` with why there are none, or "".
export async function watchEvents({ event, state }) {
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/tap?stage=outcomes`;
  for (;;) {
    const opened = await new Promise((ended) => {
      const socket = new WebSocket(address, protocols());
      let open = false;
      socket.onopen = () => {
        open = true;
        state("");
      };
      socket.onmessage = (message) => event(JSON.parse(message.data));
      socket.onclose = () => ended(open);
    });
    if (!opened) state(await whyNot());
    await new Promise((next) => setTimeout(next, RETRY));
  }
}
