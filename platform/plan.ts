/** In the place of the modules of src/core/plan/ that are asked of each line of a plan, of which there may be millions. */

import * as host from "host";
import type * as generated from "../src/core/plan/generated.ts";
import type * as groups from "../src/core/plan/groups.ts";
import type * as hashes from "../src/core/plan/path-hash.ts";

export { itemWidth } from "../src/core/plan/groups.ts";

export const groupsOf = host.groupsOf satisfies typeof groups.groupsOf;

export const generatedIn = host.generatedIn satisfies typeof generated.generatedIn;

export const hashOf = (path: string): number => hashesOf(path, [""])[0] ?? 0;

export const hashesOf = ((start, names) =>
  new Float64Array(host.pathHashes(start, names))) satisfies typeof hashes.hashesOf;

export const areIn = ((wanted, sorted) =>
  new Uint8Array(host.areIn(wanted, wanted.byteLength, sorted, sorted.byteLength))) satisfies typeof hashes.areIn;
