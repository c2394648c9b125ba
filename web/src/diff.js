// Line diffs: computed from two texts, or read from a patch. Pure.

/** @typedef {{sign: "+" | "-" | " ", line: string}} DiffLine */
/** @typedef {{at: {old: number, new: number} | null, lines: DiffLine[]}} Hunk a run of lines, with its first line numbers where known */
/** @typedef {{path: string, note: string, hunks: Hunk[]}} FileChange */

/** Cells of the table a diff may take; larger changes show as removed and added whole. */
const MOST_CELLS = 4_000_000;

/** The lines of a text; a final line break begins no line. @param {string} text @returns {string[]} */
export function linesOf(text) {
  if (text === "") return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * The shortest line diff: common head and tail are cut off first, the middle goes through the table of longest common
 * subsequences.
 * @param {string} before
 * @param {string} after
 * @returns {DiffLine[]}
 */
export function lineDiff(before, after) {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return [
    ...marked(" ", a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...marked(" ", a.slice(a.length - tail)),
  ];
}

/** @param {DiffLine["sign"]} sign @param {string[]} lines @returns {DiffLine[]} */
const marked = (sign, lines) => lines.map((line) => ({ sign, line }));

/** @param {string[]} a @param {string[]} b @returns {DiffLine[]} */
function middle(a, b) {
  if (!a.length || !b.length || a.length * b.length > MOST_CELLS) return [...marked("-", a), ...marked("+", b)];
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        a[i] === b[j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  /** @type {DiffLine[]} */
  const lines = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: " ", line: a[i] });
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      lines.push({ sign: "-", line: a[i] });
      i += 1;
    } else {
      lines.push({ sign: "+", line: b[j] });
      j += 1;
    }
  }
  return lines;
}

/**
 * Reads a patch in Codex's `*** Begin Patch` form.
 * @param {string} patch
 * @returns {FileChange[]}
 */
export function fileChangesOfPatch(patch) {
  /** @type {FileChange[]} */
  const files = [];
  for (const line of linesOf(patch)) {
    const header = /^\*\*\* (Add|Update|Delete) File: (.*)$/.exec(line);
    const file = files.at(-1);
    if (header) {
      files.push({ path: header[2], note: { Add: "new file", Update: "", Delete: "deleted" }[header[1]] ?? "", hunks: [] });
    } else if (file && line.startsWith("*** Move to: ")) {
      file.note = `moved to ${line.slice("*** Move to: ".length)}`;
    } else if (file && line.startsWith("@@")) {
      const anchor = line.slice(2).trim();
      file.hunks.push({ at: null, lines: anchor ? [{ sign: " ", line: anchor }] : [] });
    } else if (file && !line.startsWith("*** ")) {
      if (!file.hunks.length) file.hunks.push({ at: null, lines: [] });
      const sign = line[0] === "+" || line[0] === "-" ? line[0] : " ";
      file.hunks.at(-1)?.lines.push({ sign, line: line.slice(1) });
    }
  }
  return files;
}

/** Added and removed lines of a change. @param {FileChange} change */
export function sizeOf(change) {
  let added = 0;
  let removed = 0;
  for (const hunk of change.hunks) {
    for (const { sign } of hunk.lines) {
      if (sign === "+") added += 1;
      if (sign === "-") removed += 1;
    }
  }
  return { added, removed };
}
