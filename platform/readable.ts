/** Streams that are read, with Node's events. */
import * as host from "host";
import { Buffer } from "./buffer.ts";
import { readers } from "./loop.ts";

// biome-ignore lint/suspicious/noExplicitAny: each event has its own arguments, which those who listen to it know
type Listener = (...values: any[]) => void;

export class Emitter {
  readonly #listeners = new Map<string, Listener[]>();

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  emit(event: string, ...values: readonly unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...values);
  }
}

export const pieceSize = 64 * 1024;

/** What is read from a descriptor, as far as the guard uses a stream. */
export class Readable extends Emitter {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
    readers.set(fd, () => {
      const piece = Buffer.alloc(pieceSize);
      const size = host.read(fd, piece, 0, pieceSize, -1);
      if (size > 0) this.emit("data", piece.subarray(0, size));
      else this.destroy();
    });
  }

  destroy(): void {
    if (!readers.delete(this.#fd)) return;
    host.close(this.#fd);
    this.emit("close");
  }
}
