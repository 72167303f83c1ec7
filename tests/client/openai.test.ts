import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openAiPolicy } from "../../client-ts/src/cli/policies/openai.ts";
import type { PolicyInput, PolicyReply } from "../../client-ts/src/rollout.ts";
import { fakeTask } from "./library/fake-gym.ts";

type Answer = { status?: number; headers?: Record<string, string>; body: unknown };
type Request = { body: Record<string, unknown>; authorization: string | undefined; url: string | undefined };

let close: (() => void) | undefined;
afterEach(() => close?.());

/** An endpoint that gives these answers one after another, and the last one for ever. */
async function endpoint(...answers: Answer[]): Promise<{ baseUrl: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers;
    requests.push({ body: JSON.parse(await text(request)), authorization, url: request.url });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    response.writeHead(answer?.status ?? 200, { "content-type": "application/json", ...answer?.headers });
    response.end(typeof answer?.body === "string" ? answer.body : JSON.stringify(answer?.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => server.close();
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`, requests };
}

async function text(request: IncomingMessage): Promise<string> {
  let all = "";
  for await (const chunk of request) all += chunk;
  return all;
}

function completion(content: string, finish = "stop"): Answer {
  const message = { role: "assistant", content, refusal: null, annotations: [], tool_calls: null };
  return {
    body: {
      choices: [{ message, finish_reason: finish }],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    },
  };
}

async function ask(
  baseUrl: string,
  extra: object = {},
  input: Partial<PolicyInput> = {},
): Promise<PolicyReply> {
  const policy = openAiPolicy({
    baseUrl,
    model: "m",
    requestTimeoutMs: 2000,
    attempts: 4,
    backoff: { baseMs: 1, maxMs: 2 },
    ...extra,
  });
  const play = await policy.start(fakeTask("a"), 0);
  return play({
    task: { ...fakeTask("a"), instruction: "", files: [], limits: {}, harnesses: [] },
    messages: [{ role: "user", content: "hi" }],
    tools: [],
    turn: 0,
    signal: undefined,
    ...input,
  });
}

describe("the policy of an OpenAI-compatible endpoint", () => {
  it("sends the conversation, the tools and its settings", async () => {
    const { baseUrl, requests } = await endpoint(completion("yes"));
    const tool = { type: "function" as const, function: { name: "exec", description: "", parameters: {} } };
    const messages = [
      { role: "user" as const, content: "hi" },
      { role: "assistant" as const, content: "hm", reasoning_content: "secret thoughts" },
    ];
    const settings = { apiKey: "k3y", temperature: 0, maxTokens: 9 };
    const reply = await ask(baseUrl, settings, { messages, tools: [tool] });
    expect(requests[0]).toEqual({
      url: "/v1/chat/completions",
      authorization: "Bearer k3y",
      body: {
        model: "m",
        messages: [messages[0], { role: "assistant", content: "hm" }],
        tools: [tool],
        temperature: 0,
        max_tokens: 9,
      },
    });
    expect(reply).toMatchObject({
      message: { role: "assistant", content: "yes" },
      finishReason: "stop",
      usage: { promptTokens: 3, completionTokens: 4 },
    });
  });

  it("tries again when the endpoint is busy or broken, and not when it refuses", async () => {
    const busy = await endpoint(
      { status: 429, headers: { "retry-after": "0" }, body: "slow down" },
      { status: 503, body: "" },
      { body: "<html>" },
      completion("at last"),
    );
    expect(await ask(busy.baseUrl)).toMatchObject({ message: { content: "at last" } });
    expect(busy.requests).toHaveLength(4);
    close?.();
    const refusing = await endpoint({ status: 401, body: { error: "bad key" } });
    await expect(ask(refusing.baseUrl)).rejects.toMatchObject({ code: "MODEL_UNAUTHORIZED" });
    expect(refusing.requests).toHaveLength(1);
  });

  it("gives up after its attempts", async () => {
    const { baseUrl, requests } = await endpoint({ status: 500, body: "no" });
    await expect(ask(baseUrl)).rejects.toMatchObject({ code: "MODEL_FAILED" });
    expect(requests).toHaveLength(4);
    close?.();
    await expect(ask("http://127.0.0.1:1/v1")).rejects.toMatchObject({ code: "MODEL_UNREACHABLE" });
  });

  it("passes on that a generation was cut, and takes an overflowing context for the same", async () => {
    const cut = await endpoint(completion("half a", "length"));
    expect(await ask(cut.baseUrl)).toMatchObject({ finishReason: "length" });
    close?.();
    const full = await endpoint({
      status: 400,
      body: {
        error: { code: "context_length_exceeded", message: "This model's maximum context length is 8192" },
      },
    });
    expect(await ask(full.baseUrl)).toMatchObject({ finishReason: "length" });
  });

  it("never tells its key", () => {
    const described = openAiPolicy({
      baseUrl: "http://x/v1",
      model: "m",
      apiKey: "k3y",
      requestTimeoutMs: 1,
      attempts: 1,
      backoff: { baseMs: 1, maxMs: 1 },
    }).describe();
    expect(JSON.stringify(described)).not.toContain("k3y");
  });
});
