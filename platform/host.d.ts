/**
 * What host.c lends. A path or a word is a string of bytes, one char each; a call that failed returns -errno. Flags,
 * modes, signals and statuses are the kernel's.
 */
declare module "host" {
  type Result = number;
  interface Numbers {
    readonly dev: number;
    readonly ino: number;
    readonly mode: number;
    readonly nlink: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    readonly mtimeMs: number;
    readonly ctimeMs: number;
  }

  function decode(bytes: Uint8Array, from: number, length: number, isLatin1: boolean): string;
  function encode(text: string, isLatin1: boolean): ArrayBuffer;

  /** Text as bytes in UTF-8, and such bytes as text, with U+FFFD for what is not UTF-8. */
  function utf8(text: string): string;
  function text(bytes: string): string;

  const O_DIRECTORY: number;
  const O_NOFOLLOW: number;

  function access(path: string, mode: number): Result;
  function chdir(path: string): Result;
  function chmod(path: string, mode: number): Result;
  function chown(path: string, uid: number, gid: number): Result;
  function close(fd: number): Result;
  /** Names and d_types in turns; none at the end. */
  function contents(
    path: string,
  ): { count: number; directories: string[]; symlinks: string[]; specials: string[] } | Result;
  function entries(fd: number): readonly (string | number)[] | Result;
  function fsync(fd: number): Result;
  function ftruncate(fd: number, size: number): Result;
  function link(from: string, to: string): Result;
  function mkdir(path: string, mode: number): Result;
  function mkdtemp(template: string): string | Result;
  function open(path: string, flags: number, mode: number): Result;
  /** From where the file is, if the position is -1. */
  function read(fd: number, bytes: Uint8Array, from: number, length: number, position: number): Result;
  function readlink(path: string): string | Result;
  function realpath(path: string): string | Result;
  function rename(from: string, to: string): Result;
  function rmdir(path: string): Result;
  /** Rows in the upper 16 bits, columns in the lower. */
  function size(fd: number): Result;
  function stat(file: string | number, isLink: boolean, isBig: boolean): Numbers | Result;
  /** The size of a block, how many there are, and how many are free. */
  function statfs(path: string): readonly [number, number, number] | Result;
  function unlink(path: string): Result;
  function utimes(path: string, accessed: number, changed: number): Result;
  function write(fd: number, bytes: Uint8Array, from: number, length: number): Result;

  function cwd(): string | Result;
  function exit(code: number): never;
  function hostname(): string | Result;
  /** Real and effective user, real and effective group. */
  function ids(): readonly [number, number, number, number];
  function now(): number;
  function pid(): number;
  function ppid(): number;
  function words(isEnvironment: boolean): readonly string[];

  function kill(pid: number, signal: number): Result;
  function pipe(): readonly [number, number] | Result;
  /** The signals that came, as bits, and then the descriptors that are ready. */
  function poll(readers: readonly number[], writers: readonly number[], ms: number): readonly [number, ...number[]];
  function signal(number: number, isHandled: boolean): Result;
  function spawn(
    words: readonly string[],
    variables: readonly string[],
    stdin: number,
    stdout: number,
    stderr: number,
    isDetached: boolean,
  ): Result;
  /** The status; -1 while it runs. */
  function wait(pid: number): number;

  function load(module: string): Promise<unknown>;
  /** Called again and again until it returns false. */
  function loop(turn: () => boolean): void;
  function areIn(hashes: Float64Array, size: number, sorted: Float64Array, sortedSize: number): ArrayBuffer;
  function generatedIn(names: readonly string[]): string[];
  function groupsOf(text: string): readonly { start: string; names: string[] }[];
  function pathHashes(start: string, names: readonly string[]): ArrayBuffer;
  function sha256(bytes: Uint8Array, length: number): ArrayBuffer;
}
