/** In the place of src/io/host/directory.ts: of a plan's target each directory is looked into. */

import * as host from "host";
import type * as own from "../src/io/host/directory.ts";
import { checked } from "./errors.ts";
import { textOf } from "./text.ts";

export * from "../src/io/host/directory.ts";

export const contentsOf = ((path) =>
  checked(host.contents(path), "opendir", { path: textOf(path) })) satisfies typeof own.contentsOf;
