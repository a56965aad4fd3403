import type { Paths } from "../runtime/runtime.ts";
import { assertFile, type Files, unlessMissing } from "./file-system.ts";

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** The file a location leads to, which need not exist: renaming onto a link would replace the link. */
export async function followLinks(files: Files, paths: Paths, location: string): Promise<string> {
  let path = location;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const found = await unlessMissing(files.lstat(path));
    if (!found?.isSymbolicLink()) {
      if (found) assertFile(found, path);
      return path;
    }
    const link = await files.readlink(path);
    // Not normalised: where a folder of the path is a link itself, `..` is what the system makes of it.
    path = paths.isAbsolute(link) ? link : `${paths.dirname(path)}${paths.sep}${link}`;
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links, '${location}'`), { code: "ELOOP", path: location });
}
