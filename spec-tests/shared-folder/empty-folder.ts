import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The folder itself stays: somebody may have mounted it. */
export function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name !== "lost+found") rmSync(join(folder, name), { recursive: true });
  }
}
