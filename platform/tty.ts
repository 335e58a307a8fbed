/** node:tty: how large a terminal is. */
import { size } from "host";

export class WriteStream {
  readonly rows: number | undefined;
  readonly columns: number | undefined;

  constructor(fd: number) {
    const numbers = size(fd);
    this.rows = numbers < 0 ? undefined : numbers >> 16;
    this.columns = numbers < 0 ? undefined : numbers & 0xffff;
  }
}
