import { fromBase64, toBase64 } from "../../values/base64.ts";

/**
 * What Go's azidentity/cache (0.4.0) keeps: a compact JWE, `dir` and `A128CBC-HS256`, but for one thing: its
 * tag covers no header (`aescbc.Encrypt(iv, plaintext, nil)`), where RFC 7516, 5.1 step 14, wants the header's
 * text. No JWE library opens that.
 */
const HEADER = { alg: "dir", enc: "A128CBC-HS256" };
const BLOCK = 16;
const HASH = { name: "HMAC", hash: "SHA-256" };
const NO_HEADER_LENGTH = new Uint8Array(8);

const encoder = new TextEncoder();

type Bytes = Uint8Array<ArrayBuffer>;

/** @returns undefined where this is not of Go's making, or not with this key */
export async function openGoJwe(text: string, key: Uint8Array): Promise<Uint8Array | undefined> {
  const [header, encryptedKey, ...rest] = text.split(".");
  if (header === undefined || encryptedKey !== "" || rest.length !== 3) return undefined;
  try {
    const { alg, enc } = JSON.parse(new TextDecoder().decode(fromBase64Url(header))) as typeof HEADER;
    if (alg !== HEADER.alg || enc !== HEADER.enc) return undefined;
    const [iv, ciphertext, tag] = rest.map(fromBase64Url) as [Bytes, Bytes, Bytes];
    if (!isSame(await tagOf(key, iv, ciphertext), tag)) return undefined;
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-CBC", iv }, await encryptionKey(key, "decrypt"), ciphertext),
    );
  } catch {
    return undefined; // no base64, no JSON, no padding
  }
}

export async function sealGoJwe(content: Uint8Array, key: Uint8Array, keyId: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(BLOCK));
  const secret = await encryptionKey(key, "encrypt");
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, secret, content as Bytes));
  const header = encoder.encode(JSON.stringify({ ...HEADER, kid: keyId }));
  const parts = [header, new Uint8Array(0), iv, ciphertext, await tagOf(key, iv, ciphertext)];
  return parts.map(toBase64Url).join(".");
}

/** RFC 7518, 5.2.2.1: the first half of the key authenticates, the second encrypts; the tag is half of the hash. */
async function tagOf(key: Uint8Array, iv: Bytes, ciphertext: Bytes): Promise<Uint8Array> {
  const secret = await crypto.subtle.importKey("raw", key.slice(0, BLOCK), HASH, false, ["sign"]);
  const tag = await crypto.subtle.sign(HASH, secret, authenticated(iv, ciphertext));
  return new Uint8Array(tag).subarray(0, BLOCK);
}

/** Takes the same time wherever they differ. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  one.forEach((byte, at) => {
    difference |= byte ^ (other[at] ?? 0);
  });
  return difference === 0;
}

function encryptionKey(key: Uint8Array, use: "encrypt" | "decrypt") {
  return crypto.subtle.importKey("raw", key.slice(BLOCK, 2 * BLOCK), "AES-CBC", false, [use]);
}

function authenticated(iv: Bytes, ciphertext: Bytes): Bytes {
  const bytes = new Uint8Array(iv.length + ciphertext.length + NO_HEADER_LENGTH.length);
  bytes.set(iv);
  bytes.set(ciphertext, iv.length);
  return bytes;
}

function fromBase64Url(text: string): Bytes {
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
