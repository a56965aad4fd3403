import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { discovery, openIdConfiguration } from "./discovery.ts";
import { type Answer, type AuthorityOptions, Grants } from "./grants.ts";
import { Ledger } from "./ledger.ts";

export interface Authority {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/**
 * An identity provider on the loopback interface: real HTTP, real grants, nothing else
 * real. README.md has the endpoints.
 */
export async function startAuthority(options: AuthorityOptions & { readonly port?: number } = {}): Promise<Authority> {
  const { port = 0, ...grantOptions } = options;
  const ledger = new Ledger();
  const grants = new Grants(ledger, grantOptions);
  const server = createServer((request, response) => {
    answer(request, grants, ledger).then(
      (result) => send(response, result),
      (error: unknown) =>
        send(response, { status: 500, body: { error: "server_error", error_description: String(error) } }),
    );
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, ledger, close };
}

async function answer(request: IncomingMessage, grants: Grants, ledger: Ledger): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://loopback");
  const path = url.pathname;
  const tenant = path.split("/")[1] ?? "";
  ledger.countRequest(path.slice(path.lastIndexOf("/") + 1));
  if (path === "/admin/ledger") return { status: 200, body: ledger.report() };
  if (path === "/admin/reset" && request.method === "POST") {
    ledger.reset();
    return { status: 200, body: {} };
  }
  if (path.endsWith("/discovery/instance")) return { status: 200, body: discovery() };
  if (path.endsWith("/.well-known/openid-configuration")) return { status: 200, body: openIdConfiguration(tenant) };
  if (request.method === "POST" && path.endsWith("/devicecode"))
    return grants.deviceCode(tenant, await form(request, url));
  if (request.method === "POST" && path.endsWith("/token")) return grants.token(tenant, await form(request, url));
  return { status: 404, body: { error: "not_found", error_description: path } };
}

/** Members of the body, and those of the query that the body lacks: MSAL sends its extra parameters in either. */
async function form(request: IncomingMessage, url: URL): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  for (const [name, value] of url.searchParams) if (!body.has(name)) body.set(name, value);
  return body;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
