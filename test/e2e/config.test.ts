/** rsync-guard config, as people and CI call it. */
import { expect } from "vitest";
import { program } from "../support/build.ts";
import { test } from "../support/world.ts";

test("config names file and line of a value, and check what is wrong with a file", async ({ world }) => {
  world.make({
    "config/rsync-guard.toml": '# mine\nmode = "observe"\n',
    "good.toml": "limits.max_delete = 7\n",
    "bad.toml": '\nlimits.max_delete = "7"\n',
  });
  const shown = await world.sh(`${program} config`);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(world.mask(shown.stdout)).toMatch(/^mode = "observe" +# FOLDER\/config\/rsync-guard\.toml:2$/m);
  const { general } = JSON.parse((await world.sh(`${program} config --json`)).stdout);
  expect(general[0]).toEqual({
    key: "mode",
    value: "observe",
    from: [{ file: `${world.folder}/config/rsync-guard.toml`, line: 2 }],
  });
  expect(await world.sh(`${program} config check good.toml`)).toEqual({
    code: 0,
    stdout: "good.toml: ok\n",
    stderr: "",
  });
  expect(await world.sh(`${program} config check good.toml bad.toml none.toml`)).toEqual({
    code: 1,
    stdout:
      'good.toml: ok\nbad.toml:2: limits.max_delete: must be a number, or a share like "50%"\nnone.toml: can\'t be read (ENOENT)\n',
    stderr: "",
  });
  world.make({ "config/rsync-guard.toml": "nonsense = 1\n" });
  const broken = await world.sh(`${program} config`);
  expect({ ...broken, stderr: world.mask(broken.stderr) }).toEqual({
    code: 1,
    stdout: "",
    stderr: "rsync-guard: FOLDER/config/rsync-guard.toml:1: nonsense: is not a key that rsync-guard knows\n",
  });
});
