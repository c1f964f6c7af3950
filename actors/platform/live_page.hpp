// The page for people at /: it shows what /api/v1/status says, once a second.
#pragma once

namespace monopod {

inline constexpr const char* live_page = R"html(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Monopod</title>
<style>
 :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
 body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
 table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem }
 th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884 }
 td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
 #state { padding: .1rem .6rem; border-radius: 1rem; background: #8884 }
 #state.good { background: #2a74 } #state.bad { background: #c334 }
</style>
<h1>Monopod <small id="node"></small> <small id="state">…</small></h1>
<p id="about"></p>
<div id="tables"></div>
<script>
const shown = [
  ["Members", "members", ["name", "role", "lag_ops", "heard_ms"]],
  ["Cameras", "cameras", ["name", "stream", "settled_seq", "in_flight", "credit", "frames", "last_frame_age_ms"]],
  ["Applications", "apps", ["name", "cameras", "policy", "queued", "outstanding", "credit", "results", "skipped"]],
  ["Outbox", "outbox", ["cloud", "waiting", "limit", "level", "dropped"]],
  ["Clouds", "clouds", ["name", "connected", "in_flight", "published", "confirmed", "reconnects"]],
  ["Pictures", "pictures", ["cloud", "waiting", "waiting_bytes", "published", "dropped"]]];
function table(title, rows, columns) {
  const t = document.createElement("table");
  const row = (cells, kind) => {
    const tr = t.insertRow();
    cells.forEach(c => {
      const cell = document.createElement(kind);
      cell.textContent = Array.isArray(c) ? c.join(" ") : c;
      if (typeof c === "number") cell.className = "n";
      tr.append(cell);
    });
  };
  row(columns.map(c => c.replaceAll("_", " ")), "th");
  rows.forEach(r => row(columns.map(c => r[c] ?? ""), "td"));
  const h = document.createElement("h2");
  h.textContent = `${title} (${rows.length})`;
  return [h, t];
}
async function refresh() {
  const state = document.getElementById("state");
  try {
    const s = await (await fetch("api/v1/status")).json();
    document.getElementById("node").textContent = `${s.site}/${s.node}`;
    s.members = s.group?.members;
    s.pictures = s.clouds?.filter(c => c.pictures).map(c => ({cloud: c.name, ...c.pictures}));
    const group = s.group &&
      `, group ${s.group.name}: primary ${s.group.primary || "unknown"}, ` +
      (s.group.serving ? `served here, lease left ${s.group.lease_left_ms} ms` : "not served here");
    document.getElementById("about").textContent =
      `${s.role}, epoch ${s.epoch}, version ${s.version} (${s.commit}), up ${Math.round(s.uptime_s)} s, ` +
      `stages: ${(s.stages ?? []).join(", ")}${group ?? ""}`;
    state.textContent = [s.ready ? "ready" : "not ready", ...(s.problems ?? [])].join(": ");
    state.className = s.ready ? "good" : "bad";
    document.getElementById("tables").replaceChildren(
      ...shown.filter(([, key]) => key !== "members" || s.group)
        .filter(([, key]) => key !== "pictures" || s.pictures?.length)
        .flatMap(([title, key, columns]) => table(title, s[key] ?? [], columns)));
  } catch (e) {
    state.textContent = "no answer";
    state.className = "bad";
  }
}
refresh();
setInterval(refresh, 1000);
</script>
</html>
)html";

} // namespace monopod
