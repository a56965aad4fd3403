// The authority as a process of its own: prints {"url": …} and serves until its standard input ends.
//   node dist/spec-tests/authority/serve.js [--strict] [--no-rotate] [--port=N] [--expires-in=N]
import { parseArgs } from "node:util";
import { startAuthority } from "./server.ts";

const { values } = parseArgs({
  options: {
    strict: { type: "boolean", default: false },
    "no-rotate": { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    "expires-in": { type: "string", default: "4000" },
  },
});
const authority = await startAuthority({
  strict: values.strict,
  rotate: !values["no-rotate"],
  port: Number(values.port),
  expiresIn: Number(values["expires-in"]),
});
console.log(JSON.stringify({ url: authority.url }));
process.stdin.resume();
process.stdin.once("end", () => void authority.close());
