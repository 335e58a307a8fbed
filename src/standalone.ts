/** The executable's entry: the guard where the shim asks, else the command rsync-guard. */
import { isQuestion } from "./core/command/question.ts";

if (isQuestion(process.argv[2])) void import("./guard.ts");
else void import("./cli.ts");
