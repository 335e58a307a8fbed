/** node:os, as far as the guard uses it. */
import type * as os from "node:os";
import * as host from "host";
import { checked } from "./errors.ts";
import { process } from "./process.ts";
import { textOf } from "./text.ts";

export const hostname = (() => textOf(checked(host.hostname(), "uv_os_gethostname"))) satisfies typeof os.hostname;

export const tmpdir = (() => {
  const { TMPDIR, TMP, TEMP } = process.env;
  const path = TMPDIR || TMP || TEMP || "/tmp";
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}) satisfies typeof os.tmpdir;
