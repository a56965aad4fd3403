import type { Measured, Outcome, Ratio } from "./workload.ts";

export function numberText(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const digits = digitsFor(Math.abs(value));
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function digitsFor(magnitude: number): number {
  if (magnitude >= 100) return 0;
  return magnitude >= 10 ? 1 : 2;
}

/** "2.61 (1.80–8.40)": the median, and the 10th and 90th percentile. */
function valueText({ value }: Measured): string {
  if (typeof value === "number") return numberText(value);
  const { median, low, high } = value;
  if (!Number.isFinite(median)) return numberText(median);
  return low === high ? numberText(median) : `${numberText(median)} (${numberText(low)}–${numberText(high)})`;
}

function heading({ column, unit }: Measured): string {
  return unit === "" || unit === "×" ? column : `${column}, ${unit}`;
}

/** Rows by contender, columns by what was measured; the first row holds the headings. */
export function tableOf({ measured }: Outcome): string[][] {
  const columns = [...new Set(measured.map(heading))];
  const rows = [...new Set(measured.map(({ row }) => row))];
  const cell = (row: string, column: string) => {
    const found = measured.find((one) => one.row === row && heading(one) === column);
    return found === undefined ? "" : valueText(found) + (found.unit === "×" ? " ×" : "");
  };
  return [["", ...columns], ...rows.map((row) => [row, ...columns.map((column) => cell(row, column))])];
}

/** With columns of equal width, for a terminal. */
export function plainText(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return table.map(line).join("\n");
}

export function markdown(table: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  const [head = [], ...rows] = table;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

export function goalText({ goal }: Ratio): string {
  return "atLeast" in goal ? `≥ ${numberText(goal.atLeast)}` : `≤ ${numberText(goal.atMost)}`;
}

export function leastText({ least }: Ratio): string {
  return least === undefined ? "" : `${least.what}: ${numberText(least.value)}`;
}
