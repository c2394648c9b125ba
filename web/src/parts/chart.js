// Events over time: stacked bars drawn by uPlot, in the theme's colours.

import { html, useEffect, useRef } from "../ui.js";
import uPlot from "../../vendor/uplot.js";
import { count, millis } from "../format.js";
import { narrow, theme } from "../state.js";

/** @import { Bar } from "../model.js" */

const HEIGHT = 180;
/** The colours of the layers, the tallest first. */
const LAYERS = ["--chart-other", "--accent", "--bad"];

/** @param {{series: Bar[], seconds: number, onPoint: (bar: number | null) => void}} props `onPoint` is told the bar under the pointer */
export function EventsChart({ series, seconds, onPoint }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | null} */ (null));
  const told = useRef(onPoint);
  told.current = onPoint;
  const shape = `${theme.value} ${narrow.value} ${seconds}`;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(options(element, seconds, (bar) => told.current(bar)), stacked(series), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(stacked(series));
  }, [series]);
  const total = series.reduce((sum, bar) => sum + bar.events, 0);
  const errors = series.reduce((sum, bar) => sum + bar.errors, 0);
  return html`<div class="chart" ref=${box} role="img" aria-label=${`Events over time: ${count(total)} events, ${count(errors)} of them errors`}></div>`;
}

/**
 * uPlot draws the layers one over the other, the tallest first; so each layer's value is its own and all below it.
 * @param {Bar[]} series
 * @returns {uPlot.AlignedData}
 */
function stacked(series) {
  return [
    series.map((bar) => millis(bar.at) / 1000),
    series.map((bar) => bar.events),
    series.map((bar) => Math.min(bar.events, bar.tool_calls + bar.errors)),
    series.map((bar) => bar.errors),
  ];
}

/**
 * @param {HTMLElement} element
 * @param {number} seconds
 * @param {(bar: number | null) => void} point
 * @returns {uPlot.Options}
 */
function options(element, seconds, point) {
  const style = getComputedStyle(element);
  // A canvas knows no variables: the element lends its text colour to have each resolved for the theme in force.
  const colour = (/** @type {string} */ name) => {
    element.style.color = `var(${name})`;
    const resolved = style.color;
    element.style.color = "";
    return resolved;
  };
  const font = `11px ${style.fontFamily}`;
  const bars = uPlot.paths.bars?.({ size: [0.82, 40], align: 1, radius: 0.08 });
  /** @type {uPlot.Axis} */
  const axis = { stroke: colour("--muted"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, gap: 6 };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 4, 0, 0],
    // A bar begins at its time: the one under the pointer is the last that began before it.
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, dataIdx: (plot, _series, _nearest, x) => plot.data[0].findLastIndex((at) => at <= x) },
    legend: { show: false },
    hooks: { setCursor: [(plot) => point(plot.cursor.idx ?? null)] },
    scales: {
      x: { time: true, range: (_plot, min, max) => [min, max + seconds] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.08)] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: TIME_LABELS, space: 70, size: 26 },
      { ...axis, size: 48, values: (_plot, values) => values.map((value) => (Number.isInteger(value) ? count(value) : "")) },
    ],
    series: [
      {},
      ...LAYERS.map((name) => ({ fill: colour(name), stroke: colour(name), width: 0, paths: bars, points: { show: false } })),
    ],
  };
}

/** Hours and minutes; the date where a day begins. 24-hour clock. @type {uPlot.Axis.DynamicValues} */
const TIME_LABELS = (_plot, splits, _axis, _space, increment) =>
  splits.map((split) => {
    const date = new Date(split * 1000);
    const midnight = date.getHours() === 0 && date.getMinutes() === 0;
    if (increment >= 86_400 || midnight) return date.toLocaleDateString("en", { month: "short", day: "numeric" });
    return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
  });
