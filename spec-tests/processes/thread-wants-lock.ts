// A thread that asks for a lock and says what became of it.
import process from "node:process";
import { library } from "../support/library.ts";

const lock = new library.CrossPlatformLock(process.env.LOCK_FILE ?? "", undefined, { retryNumber: 1 });
const code = await lock.lock().then(
  () => "ok",
  (error: { code: string }) => error.code,
);
console.log(JSON.stringify({ type: "ended", code }));
