// Numbers as people read them, with their units.

const whole = new Intl.NumberFormat("en");

export function count(value) {
  if (value < 1e7) return whole.format(Math.round(value));
  return value < 1e9 ? `${(value / 1e6).toFixed(2)} M` : `${(value / 1e9).toFixed(2)} G`;
}

export function rate(value) {
  return value < 100 ? value.toFixed(1) : count(value);
}

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

export function time(seconds) {
  if (seconds <= 0) return "0 ms";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.1) return `${(seconds * 1e3).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1e3)} ms`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return uptime(seconds);
}

export function uptime(seconds) {
  const s = Math.floor(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

const forms = { count, rate, bytes, time, uptime };

// `out.results` of the status; undefined where a part of the way is absent.
export function at(status, path) {
  return path.split(".").reduce((part, name) => part?.[name], status);
}

// Every element that names a value shows it: <data> also keeps it as it came.
export function fill(root, status) {
  for (const element of root.querySelectorAll("[data-path]")) {
    const value = at(status, element.dataset.path);
    const known = value !== undefined && value !== null;
    const form = forms[element.dataset.as];
    const text = !known ? "–" : form ? form(value) : String(value);
    if (element.tagName === "DATA") element.value = known ? value : "";
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of root.querySelectorAll("[data-with]")) {
    element.hidden = (at(status, element.dataset.with) ?? null) === null;
  }
}
