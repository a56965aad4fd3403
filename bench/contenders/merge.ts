// The merges of ../merge.ts on the runtime that this is started with; the rows as one line of JSON.   merge.js [entities]
import process from "node:process";
import { benchMerge } from "../merge.ts";

const only = process.argv[2];
const rows = benchMerge(() => {}, only === undefined ? undefined : [Number(only)]);
process.stdout.write(`${JSON.stringify(rows)}\n`);
