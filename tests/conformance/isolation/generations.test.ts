import { expect } from "vitest";
import { call, text } from "../setting.ts";
import { isolationTests } from "./isolation-setting.ts";

/** Leaves something of every kind behind. */
const LITTER = `
import ctypes, os, socket, time
libc = ctypes.CDLL(None)
libc.shmget(0x1234, 4096, 0o1666); libc.semget(0x1234, 1, 0o1666); libc.msgget(0x1234, 0o1666)
for path in ("/workspace/canary", "/tmp/canary", "/var/tmp/canary", "/dev/shm/canary", "/home/agent/.bashrc", "/tmp/.hidden/canary"):
    os.makedirs(os.path.dirname(path), exist_ok=True); open(path, "w").write("canary")
os.chmod("/workspace", 0o777); os.chmod("/home/agent", 0o700)
try: os.setxattr("/workspace", "user.canary", b"1")
except OSError: pass
server = socket.create_server(("127.0.0.1", 7777)); abstract = socket.socket(socket.AF_UNIX); abstract.bind("\\0canary"); abstract.listen()
client = socket.create_connection(("127.0.0.1", 7777)); client.close()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(60)
    os._exit(0)
print("littered", flush=True)
`;

const LOOK = `
import os, socket
found = []
for path in ("/workspace", "/tmp", "/var/tmp", "/dev/shm", "/home/agent", "/run", "/dev/mqueue"):
    if os.path.isdir(path): found += [path + "/" + name for name in os.listdir(path)]
for kind in ("shm", "sem", "msg"):
    found += [kind + line for line in open("/proc/sysvipc/" + kind).read().split("\\n")[1:] if line]
found += ["tcp" + line for line in open("/proc/net/tcp").read().split("\\n")[1:] if line]
found += ["unix" + line for line in open("/proc/net/unix").read().split("\\n")[1:] if line and "@canary" in line]
found += ["pid" + pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid(), os.getppid())]
found += ["mode %s %o" % (p, os.stat(p).st_mode & 0o7777) for p in ("/workspace", "/home/agent") if os.stat(p).st_mode & 0o7777 != 0o755]
found += ["xattr" for p in ("/workspace",) if os.listxattr(p)]
found += ["host"] if socket.gethostname() != "sandbox" else []
print(found)
`;

isolationTests("generations", ({ test }) => {
  test("nothing of one generation is found in the next", async (box) => {
    const littered = await box.python(LITTER);
    expect(text(littered.stdout), text(littered.stderr)).toBe("littered\n");
    const seen = await box.python(LOOK);
    for (const what of ["canary", "shm", "sem", "msg", "mode"]) expect(text(seen.stdout)).toContain(what);
    await box.sandbox.recycle(call());
    const after = await box.python(LOOK);
    expect(text(after.stdout), text(after.stderr)).toBe("[]\n");
  });

  test("counters of the name spaces start anew", async (box) => {
    const pid = async (): Promise<number> => Number(await box.out("echo $$"));
    await box.python("import os\nfor i in range(20):\n    if os.fork() == 0: os._exit(0)\n");
    const before = await pid();
    await box.sandbox.recycle(call());
    expect(await pid()).toBeLessThan(before);
  });

  test("a service of one generation does not answer in the next", async (box) => {
    const serve =
      "import socket,time\ns=socket.create_server(('127.0.0.1',8080))\nprint('up',flush=True)\ntime.sleep(60)";
    const { output } = await box.sandbox.spawn({ argv: ["python3", "-c", serve] }, 1_000, call());
    expect(text(output)).toBe("up\n");
    await box.sandbox.recycle(call());
    const connect = "import socket; socket.create_connection(('127.0.0.1', 8080), timeout=2)";
    expect((await box.run(`python3 -c "${connect}"`)).exitCode).toBe(1);
  });
});
