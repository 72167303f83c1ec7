import { createHash, randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type {
  ListenOptions,
  Sandbox,
  SandboxConnection,
  SandboxListener,
} from "../../../server/src/sandbox/sandbox.ts";
import { type Box, call, refused, type Setting, text } from "../setting.ts";

/** A listener whose connections are asked for one by one. */
class Door {
  readonly #waiting: ((connection: SandboxConnection) => void)[] = [];
  readonly #come: SandboxConnection[] = [];
  #listener: SandboxListener | null = null;

  static async open(sandbox: Sandbox, options: ListenOptions = {}): Promise<Door> {
    const door = new Door();
    door.#listener = await sandbox.listen(options, (connection) => door.#take(connection), call());
    return door;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Connections that nobody has asked for. */
  get come(): number {
    return this.#come.length;
  }

  next(): Promise<SandboxConnection> {
    const connection = this.#come.shift();
    return connection === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(connection);
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  #take(connection: SandboxConnection): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#come.push(connection);
    else waiting(connection);
  }
}

const PYTHON = `
import hashlib, socket, struct, sys, time
def dial(port):
    s = socket.create_connection(("127.0.0.1", port)); s.settimeout(20); return s
def rest(s):
    data = b""
    while True:
        more = s.recv(65536)
        if not more: return data
        data += more
def ending(port, s=None): # a reset may come so soon that connecting itself fails
    try: return rest(s or dial(port))
    except ConnectionResetError: return "reset"
`;

const python = (box: Box, script: string): Promise<string> =>
  box.sandbox.exec({ argv: ["python3", "-c", PYTHON + script], timeoutMs: 20_000 }, call()).then((result) => {
    expect(result.exitCode, text(result.stderr)).toBe(0);
    return text(result.stdout);
  });

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** All that the program says. (Iterating over a stream would destroy it at the end of one half.) */
const all = (stream: Duplex): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => resolve(Buffer.concat(pieces)));
    stream.on("error", reject);
  });

const textOf = async (stream: Duplex): Promise<string> => text(await all(stream));

/** How a stream ended: null for its regular end. */
const endOf = (stream: Duplex): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => {
    stream.on("error", resolve);
    stream.on("close", () => resolve(null));
    stream.resume();
  });

export function listenCases({ test }: Setting): void {
  test("a program inside is answered, and told who it is", async ({ sandbox }) => {
    const door = await Door.open(sandbox);
    const shell = `exec 3<>/dev/tcp/127.0.0.1/${door.port}; echo question >&3; cat <&3`;
    const { id } = await sandbox.spawn({ argv: ["/bin/bash", "-c", shell] }, 0, call());
    const { stream, pid, uid, process, command } = await door.next();
    expect({ uid, process }).toEqual({ uid: sandbox.sameUid ? 0 : 1000, process: id });
    expect(pid).toBeGreaterThan(1);
    expect(command).toMatch(/^\d+-1$/);
    stream.once("data", (question) => stream.end(`answer to ${question}`));
    const { output } = await sandbox.poll(id, 10_000, call());
    expect(text(output)).toBe("answer to question\n");
    await door.close();
  });

  test("megabytes go both ways, as fast as the slower reads", async (box) => {
    const door = await Door.open(box.sandbox);
    const down = randomBytes(1_500_000);
    const script = `
import threading
s = dial(${door.port}); up = bytes(range(256)) * 6000
def send(): s.sendall(up); s.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
time.sleep(0.3)
print(hashlib.sha256(rest(s)).hexdigest(), hashlib.sha256(up).hexdigest())`;
    const running = python(box, script);
    const { stream } = await door.next();
    stream.end(down);
    await sleep(300);
    expect(stream.readableLength).toBeLessThan(300_000);
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => {
      pieces.push(piece);
      if (pieces.length % 16 !== 0) return;
      stream.pause();
      setTimeout(() => stream.resume(), 5);
    });
    await new Promise((resolve) => stream.on("end", resolve));
    expect(await running).toBe(`${sha256(down)} ${sha256(Buffer.concat(pieces))}\n`);
    await door.close();
  });

  test("each half of a connection ends by itself", async (box) => {
    const door = await Door.open(box.sandbox);
    const first = python(
      box,
      `s = dial(${door.port}); s.sendall(b"all"); s.shutdown(1); print(rest(s).decode())`,
    );
    const asked = await door.next();
    expect(await textOf(asked.stream)).toBe("all");
    asked.stream.end("said");
    expect(await first).toBe("said\n");
    const second = python(box, `s = dial(${door.port}); print(rest(s).decode()); s.sendall(b"late")`);
    const told = await door.next();
    told.stream.end("done");
    expect(await textOf(told.stream)).toBe("late");
    expect(await second).toBe("done\n");
    await door.close();
  });

  test("only the command that was named may connect", async (box) => {
    const { sandbox } = box;
    const script = `${PYTHON}s = dial(int(sys.stdin.readline())); print(rest(s).decode())`;
    const spawned = await sandbox.spawn(
      { argv: ["python3", "-c", script], stdin: new Uint8Array() },
      0,
      call(),
    );
    const door = await Door.open(sandbox, { command: spawned.id });
    expect(await python(box, `print(ending(${door.port}))`)).toBe("reset\n");
    expect(door.come).toBe(0);
    await sandbox.writeStdin(spawned.id, Buffer.from(`${door.port}\n`), { eof: true }, call());
    (await door.next()).stream.end("welcome");
    expect(text((await sandbox.poll(spawned.id, 10_000, call())).output)).toBe("welcome\n");
    await door.close();
    await refused(
      sandbox.listen({ command: 999 }, () => {}, call()),
      "UNKNOWN_PROCESS",
    );
  });

  test("connections past the limit are closed", async (box) => {
    const door = await Door.open(box.sandbox, { maxConnections: 2 });
    const script = `
first, second = dial(${door.port}), dial(${door.port})
print("third", ending(${door.port}))
print(first.recv(9), second.recv(9))`;
    const running = python(box, script);
    (await door.next()).stream.end("one");
    (await door.next()).stream.end("two");
    expect(await running).toBe("third reset\nb'one' b'two'\n");
    expect(door.come).toBe(0);
    await door.close();
  });

  test("two ports are open at once, with several connections each", async (box) => {
    const doors = [await Door.open(box.sandbox), await Door.open(box.sandbox)];
    const script = `
ports = [${doors.map((door) => door.port).join(", ")}]
both = [(port, dial(port)) for port in ports * 3]
for i, (port, s) in enumerate(both): s.sendall(b"%d:%d" % (port, i)); s.shutdown(1)
print([rest(s).decode() for _, s in reversed(both)] == ["%d:%d" % (p, i) for i, (p, _) in reversed(list(enumerate(both)))])`;
    const running = python(box, script);
    for (const door of [...doors, ...doors, ...doors]) {
      const { stream } = await door.next();
      void textOf(stream).then((said) => {
        expect(said.startsWith(`${door.port}:`)).toBe(true);
        stream.end(said);
      });
    }
    expect(await running).toBe("True\n");
    await Promise.all(doors.map((door) => door.close()));
  });

  test("a taken port is refused, and free after its end", async ({ sandbox }) => {
    const first = await Door.open(sandbox);
    const listening = sandbox.listen({ port: first.port }, () => {}, call());
    await refused(listening, "EADDRINUSE");
    await first.close();
    await first.close();
    const again = await Door.open(sandbox, { port: first.port });
    expect(again.port).toBe(first.port);
    await again.close();
  });

  test("a connection that is reset in the middle breaks nothing else", async (box) => {
    const door = await Door.open(box.sandbox);
    const script = `
for say in (b"", b"half", b"x" * 300000):
    s = dial(${door.port}); s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); s.sendall(say); s.recv(1); s.close()
s = dial(${door.port}); s.sendall(b"still here"); s.shutdown(1); print(rest(s).decode())`;
    const running = python(box, script);
    for (let round = 0; round < 3; round++) {
      const { stream } = await door.next();
      stream.write(Buffer.alloc(400_000)); // more than its credit: some of it waits when the reset comes
      expect(await endOf(stream)).toMatchObject({ code: "ECONNRESET" });
    }
    const { stream } = await door.next();
    stream.end(await all(stream));
    expect(await running).toBe("still here\n");
    await door.close();
  });

  test("what is broken off here is a reset inside, not an end", async (box) => {
    const door = await Door.open(box.sandbox);
    const script = `
a, b = dial(${door.port}), dial(${door.port})
print(ending(0, a), ending(0, b))`;
    const running = python(box, script);
    const [a, b] = [await door.next(), await door.next()];
    a.stream.write("half an ans");
    a.stream.destroy();
    b.stream.on("error", () => {});
    await door.close();
    expect(await running).toBe("reset reset\n");
    expect(b.stream.destroyed).toBe(true);
  });

  test("a program that does not read holds up nobody", async (box) => {
    const door = await Door.open(box.sandbox);
    const { sandbox } = box;
    await sandbox.spawn(
      { argv: ["python3", "-c", `${PYTHON}s = dial(${door.port}); time.sleep(60)`] },
      0,
      call(),
    );
    const { stream } = await door.next();
    const written = new Promise<void>((resolve) => stream.write(Buffer.alloc(20_000_000), () => resolve()));
    const first = await Promise.race([written.then(() => "written"), sleep(300).then(() => "waiting")]);
    expect(first).toBe("waiting");
    expect(await box.out("echo alive")).toBe("alive\n");
    await door.close();
    await written;
    expect(await box.out("echo alive")).toBe("alive\n");
  });

  test("recycling ends ports and connections", async (box) => {
    const { sandbox } = box;
    for (let round = 1; round <= 3; round++) {
      const door = await Door.open(sandbox, { port: round === 1 ? 0 : 20_000 });
      const script = `${PYTHON}a, b = dial(${door.port}), dial(${door.port}); a.sendall(b"x" * 5000000); time.sleep(60)`;
      await sandbox.spawn({ argv: ["python3", "-c", script] }, 0, call());
      const [first, second] = [await door.next(), await door.next()];
      const ends = [first, second].map(({ stream }) => new Promise((resolve) => stream.on("close", resolve)));
      second.stream.write(Buffer.alloc(5_000_000));
      await sandbox.recycle(call());
      await Promise.all(ends);
      expect(sandbox.generation).toBe(round + 1);
      const tried = await box.run(`(: < /dev/tcp/127.0.0.1/${door.port}) 2>/dev/null`);
      expect(tried.exitCode).not.toBe(0);
    }
  });

  test("the end of the sandbox ends its connections", async (box) => {
    const door = await Door.open(box.sandbox);
    await box.sandbox.spawn(
      { argv: ["python3", "-c", `${PYTHON}s = dial(${door.port}); time.sleep(60)`] },
      0,
      call(),
    );
    const { stream } = await door.next();
    const end = endOf(stream);
    await box.sandbox.destroy();
    expect(await end).toMatchObject({ code: "LOST" });
    await door.close();
  });
}
