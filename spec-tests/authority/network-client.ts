import { Agent, request } from "node:http";
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";

/** msal-node's network, with every `https://<host>/path` sent to `<authorityUrl>/path`. */
export function networkClient(authorityUrl: string): INetworkModule {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });

  function send<T>(method: string, url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    const { pathname, search } = new URL(url);
    const target = new URL(pathname + search, authorityUrl);
    return new Promise((resolve, reject) => {
      const outgoing = request(target, { method, agent, headers: { ...options?.headers } }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const headers: Record<string, string> = {};
          for (const [name, value] of Object.entries(response.headers)) headers[name] = String(value);
          const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
          resolve({ headers, body, status: response.statusCode ?? 0 });
        });
      });
      outgoing.once("error", reject);
      outgoing.end(options?.body);
    });
  }

  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  };
}
