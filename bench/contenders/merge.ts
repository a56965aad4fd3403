// The merges of ../merge.ts on the runtime that this is started with; the rows as one line of JSON.   merge.js BUILD [entities]
import process from "node:process";
import type { CoreFile } from "../../hosts/shared/core/core-module.ts";
import { benchMerge } from "../merge.ts";

const [build, only] = process.argv.slice(2) as [CoreFile, string?];
const rows = benchMerge(build, only === undefined ? undefined : [Number(only)]);
process.stdout.write(`${JSON.stringify(rows)}\n`);
