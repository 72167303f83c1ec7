// A server that starts sandboxes until it is killed. Run by orphans.test.ts in a process of its own.
import { systemClock } from "../../../server/src/clock.ts";
import { openSandbox } from "../../../server/src/sandbox/open.ts";
import { bubblewrap } from "../bubblewrap-setting.ts";
import { call, specOf } from "../setting.ts";

const [serverId = "doomed", runtimeDir = "/run/clawgym", count = "3"] = process.argv.slice(2);
const backend = bubblewrap({ serverId, runtimeDir });
const { usable, reason } = await backend.probe();
if (!usable) throw new Error(reason);
for (let started = 0; started < Number(count); started++) {
  const sandbox = await openSandbox(
    await backend.launch(specOf(), call()),
    specOf(),
    { clock: systemClock },
    call(),
  );
  await sandbox.spawn({ shell: "setsid sleep 600 & sleep 600" }, 0, call());
  process.stdout.write(`${sandbox.id}\n`);
}
setInterval(() => {}, 1_000);
