import { fileURLToPath } from "node:url";

/** The project's folder, from the sources as well as from `dist`. */
export const ROOT = new URL(import.meta.url.includes("/dist/") ? "../../../" : "../../", import.meta.url);

/** A file of the project. */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, ROOT));
}
