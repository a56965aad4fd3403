// The file behind a location that is a link. The same steps as in hosts/shared/files/follow-links.ts.
import { INVALID_LOCATION, NOT_A_FILE, NOT_FOUND, OK } from "../abi/status";
import { statusOf } from "./errno";
import * as files from "./files";
import { LOCATION, TARGET, append, copyPath, cutToFolder, resolve } from "./path";
import { NOENT } from "./preview1";

/** As many as Linux follows. */
const LINKS_MAX: u32 = 40;
const SLASH: u32 = 0x2f;
const LINK_MAX: usize = 4096;
const LINK: usize = memory.data(4096, 8);

/**
 * `TARGET` becomes the file that the location leads to, which need not exist: renaming onto a link would
 * replace the link.
 */
export function followLinks(): u32 {
  copyPath(TARGET, LOCATION);
  for (let links: u32 = 0; links <= LINKS_MAX; links++) {
    let errno = files.statPath(TARGET);
    if (errno != 0) return errno == NOENT ? NOT_FOUND : statusOf(errno);
    // Engines differ in what they say about reading or replacing one, and to open a pipe would wait for ever.
    if (!files.isLink()) return files.isRegular() ? OK : NOT_A_FILE;
    errno = files.readLink(TARGET, LINK, LINK_MAX);
    if (errno != 0) return statusOf(errno);
    if (!followLink(files.transferred)) return INVALID_LOCATION;
  }
  return INVALID_LOCATION;
}

/** Not normalised: where a folder of the path is a link itself, `..` is what the system makes of it. */
function followLink(length: usize): bool {
  if (length == 0 || length == LINK_MAX) return false;
  if (load<u8>(LINK) == SLASH) return resolve(TARGET, LINK, length);
  cutToFolder(TARGET);
  append(TARGET, LINK, length);
  return true;
}
