import { randomName } from "../runtime/random-name.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** A name of its own beside `path`, by which `removeLeftovers` knows whose it was if this process is killed. */
export function temporaryPath({ paths, pid, clock }: Runtime, path: string): string {
  return paths.join(paths.dirname(path), `.${paths.basename(path)}.${pid}.${randomName(clock)}.tmp`);
}
