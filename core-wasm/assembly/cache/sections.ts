// The five sections of a cache document (docs/merge.md), and "foreign" for every other top-level member.
import { plainStringIs, stringIs } from "../json/string-text";

export const ACCOUNT: u32 = 0;
export const ID_TOKEN: u32 = 1;
export const ACCESS_TOKEN: u32 = 2;
export const REFRESH_TOKEN: u32 = 3;
export const APP_METADATA: u32 = 4;
export const FOREIGN: u32 = 5;
export const SECTION_COUNT: u32 = 5;

export function sectionName(section: u32): string {
  if (section == ACCOUNT) return "Account";
  if (section == ID_TOKEN) return "IdToken";
  if (section == ACCESS_TOKEN) return "AccessToken";
  if (section == REFRESH_TOKEN) return "RefreshToken";
  return "AppMetadata";
}

/** The section a top-level name stands for, or FOREIGN. `escaped`: the name may have escapes. */
export function sectionOf(nameStart: usize, nameEnd: usize, escaped: bool): u32 {
  for (let section: u32 = 0; section < SECTION_COUNT; ++section) {
    const name = sectionName(section);
    if (escaped ? stringIs(nameStart, nameEnd, name) : plainStringIs(nameStart, nameEnd, name)) return section;
  }
  return FOREIGN;
}

// @ts-ignore: decorator
@inline
export function isCredential(section: u32): bool {
  return section >= ID_TOKEN && section <= REFRESH_TOKEN;
}

/** Marks a salvaged document: what it lacks was lost, not removed. */
export function salvageMarker(): string {
  return "msal-extensions.salvaged";
}
