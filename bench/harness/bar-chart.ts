/** One group of bars: contenders side by side by one measure, on a scale of its own. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  /** Ours stand out. */
  readonly isOurs: boolean;
}

const WIDTH = 760;
const COLUMNS = 2;
const PANEL_WIDTH = WIDTH / COLUMNS;
const LABEL_WIDTH = 150;
const TEXT_WIDTH = 62;
const ROW = 20;
const BAR = 12;
const HEAD = 34;
const GAP = 14;
/** A bar that is there is seen. */
const LEAST = 2;

/** The page's own background shows through, so that one picture does on a light page and on a dark one. */
const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .ours { fill: #1a7f37 }
  .other { fill: #8c959f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .ours { fill: #3fb950 }
    .other { fill: #6e7681 }
  }`;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function heightOf({ bars }: Panel): number {
  return HEAD + bars.length * ROW + GAP;
}

function drawn({ title, bars }: Panel, left: number, top: number): string {
  const room = PANEL_WIDTH - LABEL_WIDTH - TEXT_WIDTH - GAP;
  const largest = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value, text, isOurs }, index) => {
    const y = top + HEAD + index * ROW;
    const width = largest > 0 && value > 0 ? Math.max(LEAST, (value / largest) * room) : 0;
    const x = left + LABEL_WIDTH;
    return [
      `<text x="${x - 8}" y="${y + BAR - 2}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${isOurs ? "ours" : "other"}" x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<text x="${(x + width + 6).toFixed(1)}" y="${y + BAR - 2}">${escaped(text)}</text>`,
    ].join("\n");
  });
  return [`<text class="title" x="${left + 8}" y="${top + 18}">${escaped(title)}</text>`, ...lines].join("\n");
}

/** An SVG picture of all panels, two in a row. */
export function barChart(panels: readonly Panel[], description: string): string {
  const parts: string[] = [];
  let top = 0;
  for (let index = 0; index < panels.length; index += COLUMNS) {
    const row = panels.slice(index, index + COLUMNS);
    parts.push(...row.map((panel, column) => drawn(panel, column * PANEL_WIDTH, top)));
    top += Math.max(...row.map(heightOf));
  }
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" role="img" aria-label="${escaped(description)}">`;
  return `${open}\n<style>${STYLE}\n</style>\n${parts.join("\n")}\n</svg>\n`;
}
