// From time to place: a linear scale in which long idle spans are squeezed, so that an overnight pause does not turn
// every call into a hairline. Pure.

/** @typedef {{from: number, to: number}} Interval in milliseconds */
/** @typedef {{at: (ms: number) => number, gaps: {x: number, width: number, ms: number}[], ticks: {x: number, ms: number}[]}} Scale places are 0…1 */

/** An idle span shorter than this is never squeezed, in milliseconds. */
const GAP_LEAST_MS = 1500;
/** What a squeezed span keeps, as a share of the busy time. */
const GAP_SHARE = 0.06;
const TICKS = 6;

/**
 * @param {Interval[]} intervals what happened
 * @param {boolean} squeeze
 * @returns {Scale}
 */
export function timeScale(intervals, squeeze) {
  const busy = merged(intervals);
  if (!busy.length) return { at: () => 0, gaps: [], ticks: [] };
  const total = busy.reduce((sum, { from, to }) => sum + (to - from), 0);
  const most = Math.max(total * GAP_SHARE, GAP_LEAST_MS / 3);

  // Pieces of real time, each with where it begins in drawn time.
  /** @type {{from: number, to: number, begin: number, length: number, gap: boolean}[]} */
  const pieces = [];
  let drawn = 0;
  busy.forEach((span, index) => {
    const before = busy[index - 1];
    if (before) {
      const ms = span.from - before.to;
      const gap = squeeze && ms > GAP_LEAST_MS && ms > most;
      pieces.push({ from: before.to, to: span.from, begin: drawn, length: gap ? most : ms, gap });
      drawn += gap ? most : ms;
    }
    pieces.push({ ...span, begin: drawn, length: span.to - span.from, gap: false });
    drawn += span.to - span.from;
  });
  const length = Math.max(drawn, 1);

  /** @param {number} ms */
  function at(ms) {
    if (ms <= pieces[0].from) return 0;
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pieces[middle].from <= ms) low = middle;
      else high = middle - 1;
    }
    const piece = pieces[low];
    const real = piece.to - piece.from;
    const into = real > 0 ? Math.min(1, (ms - piece.from) / real) : 0;
    return (piece.begin + into * piece.length) / length;
  }

  const ticks = [];
  for (let index = 0; index < TICKS; index += 1) {
    const wanted = (index / TICKS) * length;
    const piece = pieces.findLast(({ begin }) => begin <= wanted) ?? pieces[0];
    const share = piece.length > 0 ? (wanted - piece.begin) / piece.length : 0;
    ticks.push({ x: index / TICKS, ms: piece.from + share * (piece.to - piece.from) - pieces[0].from });
  }
  const gaps = pieces
    .filter(({ gap }) => gap)
    .map(({ from, to, begin, length: width }) => ({ x: begin / length, width: width / length, ms: to - from }));
  return { at, gaps, ticks };
}

/** Overlapping intervals become one. @param {Interval[]} intervals @returns {Interval[]} */
function merged(intervals) {
  const sorted = intervals.filter(({ from, to }) => Number.isFinite(from) && Number.isFinite(to)).sort((a, b) => a.from - b.from);
  /** @type {Interval[]} */
  const result = [];
  for (const { from, to } of sorted) {
    const last = result.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to: Math.max(from, to) });
  }
  return result;
}
