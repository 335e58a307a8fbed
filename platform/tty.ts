/** node:tty: how high a terminal is. */
import { size } from "host";

export class WriteStream {
  readonly rows: number | undefined;

  constructor(fd: number) {
    const numbers = size(fd);
    this.rows = numbers < 0 ? undefined : numbers >> 16;
  }
}
