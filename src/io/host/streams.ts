/** The shim's ears: descriptor 1 takes the guard's answer, 9 what people read. */
import { writeSync } from "node:fs";
import { type Bytes, bufferOf, bytesOf } from "../../core/bytes.ts";

/** Where the shim has put the caller's stderr; 2 is for what the runtime itself has to say, which nobody should see. */
const stderr = 9;

let shape = (text: string): string => text;

/** From now on, this is done to what is said. */
export const shapeWords = (how: (text: string) => string): void => {
  shape = how;
};

/** To the person. Nothing fails if nobody reads it. */
export const say = (text: string): void => {
  if (text !== "") write(stderr, bytesOf(shape(text)));
};

/** To the shim. Throws where it can't be written whole: an answer that was not heard must not look like one. */
export const answerShim = (fragment: Bytes): void => write(1, fragment);

/** All of it, at once: what is left in a stream's buffer is lost when the process ends. */
function write(fd: number, bytes: Bytes): void {
  const buffer = bufferOf(bytes);
  for (let at = 0; at < buffer.length; ) {
    try {
      at += writeSync(fd, buffer, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") continue;
      if (fd === stderr) return;
      throw error;
    }
  }
}
