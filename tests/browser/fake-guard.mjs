// The stand-in's guard: verdicts counted from its events, findings that can be changed, reports of people, and a scan.

import { page } from "./fake-server.mjs";

const SEEN = "2026-11-20T12:00:00Z";
const COUNTS = ["total", "denied", "asked", "warned", "observed", "would_deny", "would_ask", "let_through", "unavailable"];
const SEVERITIES = ["low", "medium", "high", "critical"];

const finding = (id, more) => ({
  id, kind: "secret", rule: "github-token", severity: "medium", state: "open", owner: null, summary: "A GitHub token was taken out of a prompt.", subject: "/prompt", agent: "claude-code",
  session_id: "b247b6a5-da7d-463d-85af-e429919a032a", event_id: "gone", tool: null, user: "ana@example.com", first_seen: SEEN, last_seen: SEEN, count: 1, changed_at: null, changed_by: null, ...more,
});

export class FakeGuard {
  findings = [
    finding(3, { kind: "executed-despite-deny", rule: "filesystem.delete-folder-of-home", severity: "critical", summary: "A call that was denied has a result: it ran.", subject: "toolu_9", tool: "Bash", count: 2 }),
    finding(2, { kind: "denied", rule: "filesystem.delete-folder-of-home", severity: "high", state: "acknowledged", owner: "ana", summary: "A call of Bash was denied: this removes a folder in which people keep what is nowhere else.", tool: "Bash", count: 13 }),
    finding(1),
  ];
  reports = [
    {
      id: 2, at: SEEN, by: null, event_id: "gone", rule: "git.push-force",
      report: { event: "false-stop", code: "k7m2", tool: "Bash", subject: "git push --force", stopped_at: SEEN, decision: "ask", rule: "git.push-force", note: "To a branch of my own." },
    },
    {
      id: 1, event_id: null, at: SEEN, by: "b2b2b2b2b2b2", rule: "filesystem.delete-folder-of-home",
      report: { verdict: { decision: "deny", rule: "filesystem.delete-folder-of-home", reason: "This removes a folder in which people keep what is nowhere else." }, agent: "claude-code", session_id: "b247b6a5-da7d-463d-85af-e429919a032a", tool: "Bash", input: { command: "rm -rf ~/important" }, note: "It is a folder of the test itself.", user: "ana", device: "laptop" },
    },
  ];
  scan = { state: "idle", pass: 1, position: 1960, end: 1960, rules: "abc", started_at: SEEN, caught_up_at: SEEN, findings: 3, open: 2, dropped: 0 };

  read([what], query, events) {
    if (what === "verdicts") return page(verdicts(events, query), query);
    if (what === "scan") return this.scan;
    if (what === "reports") return page(this.reports.filter(({ rule }) => !query.rule || rule === query.rule), query);
    if (what !== "findings") return undefined;
    const same = ["kind", "rule", "state", "owner", "session_id", "user"];
    return page(this.findings.filter((one) => same.every((key) => !query[key] || one[key] === query[key]) && SEVERITIES.indexOf(one.severity) >= SEVERITIES.indexOf(query.severity)), query);
  }

  change(id, { state, owner }) {
    if (owner?.length > 20) return "This is no change of a finding.";
    const found = this.findings.find((one) => one.id === Number(id));
    return found && Object.assign(found, state && { state }, owner !== undefined && { owner });
  }

  scanAgain() {
    return Object.assign(this.scan, { state: "running", position: 490 });
  }
}

function verdicts(events, { group_by: by = "rule", rule }) {
  const keyOf = { rule: ({ verdict }) => verdict.rule, person: ({ user }) => user ?? "", day: ({ occurred_at: at }) => at.slice(0, 10), session: ({ session_id: id }) => id, agent: ({ agent }) => agent, repository: () => "github.com/acme/shop" }[by];
  const rows = new Map();
  for (const event of events) {
    const { verdict } = event;
    if (!verdict || (rule && verdict.rule !== rule)) continue;
    const key = keyOf(event);
    const row = rows.get(key) ?? rows.set(key, { key, ...Object.fromEntries(COUNTS.map((name) => [name, 0])), last_at: null }).get(key);
    row.total += 1;
    row.last_at = event.occurred_at;
    if (verdict.decision === "deny") row.denied += 1;
    if (verdict.decision === "ask") row.asked += 1;
    if (verdict.mode === "observe") row.observed += 1;
    if (verdict.would) row[`would_${verdict.would}`] += 1;
  }
  return [...rows.values()].sort((a, b) => b.total - a.total);
}
