/** The errors of Node's own calls. */

/** Number, name and words of the errors that calls about files and processes give, as libuv words them. */
const errors = `
1 EPERM operation not permitted
2 ENOENT no such file or directory
3 ESRCH no such process
4 EINTR interrupted system call
5 EIO i/o error
6 ENXIO no such device or address
7 E2BIG argument list too long
9 EBADF bad file descriptor
11 EAGAIN resource temporarily unavailable
12 ENOMEM not enough memory
13 EACCES permission denied
14 EFAULT bad address in system call argument
16 EBUSY resource busy or locked
17 EEXIST file already exists
18 EXDEV cross-device link not permitted
19 ENODEV no such device
20 ENOTDIR not a directory
21 EISDIR illegal operation on a directory
22 EINVAL invalid argument
23 ENFILE file table overflow
24 EMFILE too many open files
25 ENOTTY inappropriate ioctl for device
26 ETXTBSY text file is busy
27 EFBIG file too large
28 ENOSPC no space left on device
29 ESPIPE invalid seek
30 EROFS read-only file system
31 EMLINK too many links
32 EPIPE broken pipe
34 ERANGE result too large
36 ENAMETOOLONG name too long
38 ENOSYS function not implemented
39 ENOTEMPTY directory not empty
40 ELOOP too many symbolic links encountered
61 ENODATA no data available
75 EOVERFLOW value too large for defined data type
84 EILSEQ illegal byte sequence
95 ENOTSUP operation not supported on socket
105 ENOBUFS no buffer space available
107 ENOTCONN socket is not connected
110 ETIMEDOUT connection timed out
112 EHOSTDOWN host is down
121 EREMOTEIO remote I/O error
`;

/** What a call's result (-errno) says. */
function meaningOf(result: number): { readonly code: string; readonly words: string } {
  const [, code, words] = new RegExp(`\n${-result} (\\w+) (.*)`).exec(errors) ?? [];
  const unknown = `Unknown system error ${result}`;
  return { code: code ?? unknown, words: words ?? unknown };
}

export interface Attempt {
  readonly path?: string;
  readonly dest?: string;
}

export function failureOf(result: number, syscall: string, { path, dest }: Attempt = {}): NodeJS.ErrnoException {
  const { code, words } = meaningOf(result);
  const from = path === undefined ? "" : ` '${path}'`;
  const to = dest === undefined ? "" : ` -> '${dest}'`;
  return Object.assign(new Error(`${code}: ${words}, ${syscall}${from}${to}`), {
    errno: result,
    code,
    syscall,
    ...(path === undefined ? {} : { path }),
    ...(dest === undefined ? {} : { dest }),
  });
}

/** Where a call gave something; throws the error that it gave instead. */
export function checked<T>(result: T | number, syscall: string, attempt?: Attempt): T {
  if (typeof result === "number" && result < 0) throw failureOf(result, syscall, attempt);
  return result as T;
}

/** Of a call about a process, Node words it without the words. */
export function failureOfProcess(result: number, syscall: string): NodeJS.ErrnoException {
  const { code } = meaningOf(result);
  return Object.assign(new Error(`${syscall} ${code}`), { errno: result, code, syscall });
}
