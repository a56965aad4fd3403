// A process that commits once and says what became of it.
import { library } from "../support/library.ts";
import { parent } from "./parent.ts";

const { assignment, tell } = parent<{ type: "ended"; code: string }, never>();
const store = await library.TokenCacheStore.open(assignment<{ readonly cache: string }>().cache);
const code = await store.commit(undefined, '{"Account":{"a":{}}}').then(
  () => "ok",
  (error: { code: string }) => error.code,
);
await tell({ type: "ended", code });
