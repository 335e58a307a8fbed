/** What Node has without an import; the bundler puts these in the place of the names. */
import * as host from "host";
import { waitFor } from "./loop.ts";

export { Buffer } from "./buffer.ts";
export { clearInterval, setInterval } from "./loop.ts";
export { process } from "./process.ts";

export const performance = { now: host.now };

/** Only to wait for some time, which no signal cuts short. */
const waiting = {
  wait(_array: unknown, _at: number, _value: number, ms: number): void {
    for (const end = host.now() + ms; host.now() < end; ) waitFor([], [], Math.ceil(end - host.now()));
  },
};

const memory = ArrayBuffer;

export { memory as SharedArrayBuffer, waiting as Atomics };

export class TextEncoder {
  encode(text: string): Uint8Array {
    return new Uint8Array(host.encode(text, false));
  }
}
