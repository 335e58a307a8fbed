// compile.ts SOURCE FILE native|checked: makes an executable of a TypeScript program for a test.
import { buildExecutable, checked, targets } from "../../scripts/executable.ts";

const [, , source = "", file = "", toolchain] = process.argv;
void buildExecutable(source, file, toolchain === "checked" ? checked : targets.native);
