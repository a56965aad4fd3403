import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import type { Request, Subject } from "../suite/protocol.ts";

/** Answers the driver's lines until it closes the pipe: README.md. */
export async function serve(subject: Subject): Promise<void> {
  for await (const line of createInterface({ input: stdin })) {
    const message = JSON.parse(line) as Request | { readonly describe: true };
    const answer = "describe" in message ? subject.description : await subject.answer(message);
    stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
