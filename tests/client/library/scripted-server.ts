import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Codec,
  codecFor,
  type ErrorCode,
  errorFrame,
  isErrorCode,
  METHODS,
  type MethodName,
  notificationFrame,
  parseIncoming,
  type RequestId,
  resultFrame,
  SERVER_ERROR,
  type WireError,
  type WireErrorOptions,
  wireError,
} from "@clawgym/protocol";
import { type WebSocket, WebSocketServer } from "ws";

/** An error for a handler to throw. */
export class Refusal extends Error {
  /** Of the catalogue, or one that a later version may add. */
  readonly code: string;
  readonly options: WireErrorOptions;
  constructor(
    code: ErrorCode | (string & {}),
    message = "refused by the script",
    options: WireErrorOptions = {},
  ) {
    super(message);
    this.code = code;
    this.options = options;
  }
}

type Params = Record<string, unknown>;
export type Handler = (params: Params, request: { id: RequestId; signal: AbortSignal }) => unknown;

/** What to do with a request instead of just serving it. */
export type Mischief =
  /** Drop the socket before the request is looked at. */
  | "drop-before"
  /** Run it, and drop the socket when the reply is due. */
  | "drop-after"
  /** Reply twice. */
  | "duplicate"
  /** Reply with bytes that are no frame. */
  | "garbage"
  /** Reply with the right id, and nothing else right. */
  | "malformed"
  /** Never reply. */
  | "swallow";

type Session = {
  id: string;
  token: string;
  socket: WebSocket | undefined;
  outcomes: Map<RequestId, { text: string; frame: Promise<unknown>; abort: AbortController }>;
};

/** Limits announced in `hello`; tests change them before a client connects. */
export const LIMITS = {
  maxFrameBytes: 1 << 20,
  maxEpisodes: 1000,
  maxRequestsInFlight: 1000,
  maxQueueTimeoutMs: 1000,
  caps: {
    maxSteps: 100,
    stepTimeoutMs: 1000,
    episodeTimeoutMs: 10_000,
    idleTimeoutMs: 60_000,
    maxOutputBytes: 1 << 20,
  },
};

/** A server that speaks the protocol over real sockets, and misbehaves when told to. */
export class ScriptedServer {
  readonly handlers = new Map<string, Handler>();
  /** Requests as they arrived, resent ones included. */
  readonly received: { id: RequestId; method: string; params: Params }[] = [];
  /** Requests that were really run. */
  readonly executed: { id: RequestId; method: string; params: Params }[] = [];
  readonly sessions = new Map<string, Session>();
  readonly upgrades: { authorization: string | undefined; protocol: string | undefined }[] = [];
  limits: typeof LIMITS = LIMITS;
  graceMs = 60_000;
  protocol = "1.0";
  capabilities: string[] = ["fork", "workspace.load"];
  /** Decides what goes wrong with a request; consulted once for each that arrives. */
  mischief: (method: string, params: Params, id: RequestId) => Mischief | undefined = () => undefined;
  /** HTTP status to answer upgrades with instead. */
  refuseUpgrade: number | undefined;
  #http: Server | undefined;
  #wss = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  #port = 0;

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await server.listen();
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/v1/ws`;
  }

  /** Registers what a method answers. */
  on(method: MethodName, handler: Handler): void {
    this.handlers.set(method, handler);
  }

  count(method: string): number {
    return this.executed.filter((request) => request.method === method).length;
  }

  async listen(): Promise<void> {
    this.#http = createServer((_request, response) => response.writeHead(404).end());
    this.#http.on("upgrade", (request, socket, head) => {
      const { authorization } = request.headers;
      this.upgrades.push({ authorization, protocol: request.headers["sec-websocket-protocol"] });
      if (this.refuseUpgrade !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuseUpgrade} No\r\ncontent-length: 2\r\n\r\nno`);
        return;
      }
      this.#wss.handleUpgrade(request, socket, head, (ws) => this.#serve(ws));
    });
    const http = this.#http;
    await new Promise<void>((resolve) => http.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (http.address() as AddressInfo).port;
  }

  /** Cuts every connection; sessions live on. */
  cut(): void {
    for (const socket of this.#wss.clients) socket.terminate();
  }

  /** Sends an event to every client. */
  notify(method: string, params: Params): void {
    for (const session of this.sessions.values()) {
      const socket = session.socket;
      if (socket) send(socket, notificationFrame(method, params));
    }
  }

  /** Stops listening; what it knows stays, so that `listen` brings the same server back on the same port. */
  async stop(): Promise<void> {
    this.cut();
    const http = this.#http;
    if (http) await new Promise((resolve) => http.close(resolve));
  }

  #serve(socket: WebSocket): void {
    let session: Session | undefined;
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      const bytes = isBinary ? new Uint8Array(data as Buffer) : String(data);
      const frame = parseIncoming(codecOf(socket).decode(bytes));
      if (frame.kind !== "request") return;
      if (frame.method === "hello") {
        session = this.#hello(socket, frame.id, frame.params);
        return;
      }
      session ??= this.#newSession();
      session.socket = socket;
      void this.#request(session, socket, frame.id, frame.method, frame.params);
    });
  }

  #newSession(): Session {
    const session = { id: randomUUID(), token: randomUUID(), socket: undefined, outcomes: new Map() };
    this.sessions.set(session.id, session);
    return session;
  }

  #hello(socket: WebSocket, id: RequestId, params: Params): Session | undefined {
    const resume = params.resume as { id: string; token: string } | undefined;
    const session = resume ? this.sessions.get(resume.id) : this.#newSession();
    if (!session || (resume && resume.token !== session.token)) {
      send(socket, errorFrame(id, wireError("UNKNOWN_SESSION", "no such session")));
      return undefined;
    }
    session.socket = socket;
    const result = {
      protocol: this.protocol,
      server: { name: "scripted", version: "0" },
      session: { id: session.id, token: session.token, graceMs: this.graceMs },
      limits: this.limits,
      capabilities: this.capabilities,
    };
    send(socket, resultFrame(id, result));
    return session;
  }

  async #request(session: Session, socket: WebSocket, id: RequestId, method: string, params: Params) {
    this.received.push({ id, method, params });
    const mischief = this.mischief(method, params, id);
    if (mischief === "drop-before") return socket.terminate();
    const reply = await this.#outcome(session, id, method, params);
    if (mischief === "drop-after") return socket.terminate();
    if (mischief === "swallow") return;
    if (mischief === "garbage")
      return socket.send(socket.protocol.endsWith("json") ? "{" : Buffer.from([0xc1]));
    if (mischief === "malformed") return send(socket, { jsonrpc: "2.0", id, error: "wrong" });
    send(socket, reply);
    if (mischief === "duplicate") send(socket, reply);
  }

  /** The stored outcome of a request id, or that of running it now. */
  #outcome(session: Session, id: RequestId, method: string, params: Params): Promise<unknown> {
    const text = JSON.stringify([method, params]);
    const known = session.outcomes.get(id);
    if (known && known.text !== text) {
      return Promise.resolve(errorFrame(id, wireError("INVALID_REQUEST", "id used for something else")));
    }
    if (known) return known.frame;
    const abort = new AbortController();
    const frame = this.#run(session, id, method, params, abort.signal);
    session.outcomes.set(id, { text, frame, abort });
    return frame;
  }

  async #run(session: Session, id: RequestId, method: string, params: Params, signal: AbortSignal) {
    this.executed.push({ id, method, params });
    if (method === "cancel" && !this.handlers.has(method)) {
      session.outcomes.get(params.id as RequestId)?.abort.abort();
      return resultFrame(id, { cancelled: true });
    }
    const row = METHODS[method as MethodName];
    const parsed = row?.params.safeParse(params);
    if (!parsed?.success) return errorFrame(id, wireError("INVALID_PARAMS", "parameters are off"));
    const handler = this.handlers.get(method);
    if (!handler) return errorFrame(id, wireError("METHOD_NOT_FOUND", `nothing scripted for ${method}`));
    try {
      return resultFrame(id, await handler(parsed.data, { id, signal }));
    } catch (error) {
      if (error instanceof Refusal) return errorFrame(id, refusalOf(error));
      return errorFrame(id, wireError("INTERNAL", String(error)));
    }
  }
}

function refusalOf({ code, message, options }: Refusal): WireError {
  if (isErrorCode(code)) return wireError(code, message, options);
  return { code: SERVER_ERROR, message, data: { code, retryable: false, ...options } };
}

function codecOf(socket: WebSocket): Codec {
  const codec = codecFor(socket.protocol);
  if (!codec) throw new Error(`no codec for ${socket.protocol}`);
  return codec;
}

function send(socket: WebSocket, frame: unknown): void {
  socket.send(codecOf(socket).encode(frame), () => {});
}
