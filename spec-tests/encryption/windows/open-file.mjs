// Files as other programs of Windows hold them open: CreateFileW with a share mode. Node.js itself shares everything.
import koffi from "koffi";

const kernel32 = koffi.load("kernel32.dll");
const CreateFileW = kernel32.func("CreateFileW", "int64_t", [
  ...["str16", "uint32_t", "uint32_t", "void *", "uint32_t", "uint32_t", "int64_t"],
]);
const CloseHandle = kernel32.func("CloseHandle", "int32_t", ["int64_t"]);
const GENERIC_READ = 0x80000000;
const OPEN_EXISTING = 3;
const SHARES = { nothing: 0, read: 1, everything: 7 };

let handle;

/** @param share what others may do meanwhile: `nothing`, `read` (neither write nor replace nor remove), `everything` */
export function openFile(path, share) {
  handle = CreateFileW(path.replaceAll("/", "\\"), GENERIC_READ, SHARES[share], null, OPEN_EXISTING, 0, 0);
  if (Number(handle) === -1) throw new Error(`CreateFileW refused ${path}`);
}

export function closeFile() {
  if (!CloseHandle(handle)) throw new Error("CloseHandle refused");
}
