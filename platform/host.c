/* The host of the executable: starts QuickJS on the program that is linked in, and lends it the system calls that the
 * guard makes. Nothing else: no module of the engine's own, no evaluation of text.
 *
 * Paths and arguments go in and out as strings with one char per byte (Latin-1), which loses nothing. A call that failed
 * returns -errno; platform/ (TypeScript) makes the errors of Node of that. */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quickjs.h"

/* What the shim takes for "can't be decided". */
#define UNDECIDABLE 78

/* The modules of the program as bytecode: a name that ends with NUL, four bytes of length in this machine's order, the
 * bytecode; the first one is the entry. platform/compile.c writes it. */
extern const uint8_t program[], program_end[];

static char **arguments;
static struct timespec started;
/* where people read: the shim puts the caller's stderr at 9 */
static int people = STDERR_FILENO;

#define FUNCTION(name) static JSValue host_##name(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
/* the engine passes as many values as the function's length says, undefined where the caller gave fewer */
#define UNUSED (void)self, (void)argc, (void)argv

/* ---- bytes and text ---- */

static JSValue string_of_bytes(JSContext *ctx, const uint8_t *bytes, size_t size)
{
	size_t high = 0;
	for (size_t i = 0; i < size; i++)
		high += bytes[i] >> 7;
	if (high == 0)
		return JS_NewStringLen(ctx, (const char *)bytes, size);
	char *utf8 = js_malloc(ctx, size + high), *to = utf8;
	if (!utf8)
		return JS_EXCEPTION;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] >> 7) {
			*to++ = (char)(0xc0 | bytes[i] >> 6);
			*to++ = (char)(0x80 | (bytes[i] & 0x3f));
		} else
			*to++ = (char)bytes[i];
	}
	JSValue string = JS_NewStringLen(ctx, utf8, (size_t)(to - utf8));
	js_free(ctx, utf8);
	return string;
}

static JSValue string_of(JSContext *ctx, const char *bytes)
{
	return string_of_bytes(ctx, (const uint8_t *)bytes, strlen(bytes));
}

/* With a NUL after it; of chars above 0xff the low byte, as in Node. NULL: an exception. */
static char *bytes_of(JSContext *ctx, JSValueConst value, size_t *size)
{
	size_t length, to = 0;
	/* CESU-8: each UTF-16 unit by itself, so of three bytes at most */
	const char *units = JS_ToCStringLen2(ctx, &length, value, true);
	if (!units)
		return NULL;
	char *bytes = js_malloc(ctx, length + 1);
	if (bytes) {
		for (size_t i = 0; i < length; i++) {
			unsigned char unit = (unsigned char)units[i];
			if (unit >= 0xc0) {
				if (unit >= 0xe0)
					i++;
				unit = (unsigned char)((units[i] & 3) << 6 | (units[i + 1] & 0x3f));
				i++;
			}
			bytes[to++] = (char)unit;
		}
		bytes[to] = 0;
		if (size)
			*size = to;
	}
	JS_FreeCString(ctx, units);
	return bytes;
}

/* As bytes_of(), but ASCII is left where the engine has it; give_back() when done. */
struct borrowed {
	const char *bytes;
	size_t size;
	const char *units;
	char *copy;
};

static bool borrow(JSContext *ctx, JSValueConst value, struct borrowed *name)
{
	name->copy = NULL;
	name->bytes = name->units = JS_ToCStringLen2(ctx, &name->size, value, true);
	if (!name->units)
		return false;
	unsigned char any = 0;
	for (size_t i = 0; i < name->size; i++)
		any |= (unsigned char)name->units[i];
	if (any < 0x80)
		return true;
	name->bytes = name->copy = bytes_of(ctx, value, &name->size);
	if (!name->copy)
		JS_FreeCString(ctx, name->units);
	return name->copy;
}

static void give_back(JSContext *ctx, struct borrowed *name)
{
	js_free(ctx, name->copy);
	JS_FreeCString(ctx, name->units);
}

/* A part of what was borrowed. */
static JSValue part_of(JSContext *ctx, const struct borrowed *whole, const char *bytes, size_t size)
{
	return whole->copy ? string_of_bytes(ctx, (const uint8_t *)bytes, size) : JS_NewStringLen(ctx, bytes, size);
}

/* How many bytes at the beginning are one well-formed UTF-8 sequence; 0: none, and *bad of them become one U+FFFD. */
static size_t sequence_at(const uint8_t *bytes, size_t size, size_t *bad)
{
	uint8_t first = bytes[0], low = 0x80, high = 0xbf;
	size_t more = first < 0x80 ? 0 : first < 0xc2 ? SIZE_MAX : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : SIZE_MAX;
	*bad = 1;
	if (more == SIZE_MAX)
		return 0;
	/* no overlong forms, no surrogates, nothing above U+10FFFF */
	if (first == 0xe0) low = 0xa0;
	if (first == 0xed) high = 0x9f;
	if (first == 0xf0) low = 0x90;
	if (first == 0xf4) high = 0x8f;
	for (size_t i = 1; i <= more; i++, low = 0x80, high = 0xbf) {
		if (i >= size || bytes[i] < low || bytes[i] > high)
			return 0;
		*bad = i + 1;
	}
	return more + 1;
}

static JSValue text_of_bytes(JSContext *ctx, const uint8_t *bytes, size_t size)
{
	size_t at = 0, to = 0, bad;
	while (at < size && bytes[at] < 0x80)
		at++;
	if (at == size)
		return JS_NewStringLen(ctx, (const char *)bytes, size);
	if (size > SIZE_MAX / 3)
		return JS_ThrowOutOfMemory(ctx);
	uint8_t *text = js_malloc(ctx, 3 * size);
	if (!text)
		return JS_EXCEPTION;
	for (at = 0; at < size;) {
		size_t good = sequence_at(bytes + at, size - at, &bad);
		memcpy(text + to, good ? bytes + at : (const uint8_t *)"\xef\xbf\xbd", good ? good : 3);
		to += good ? good : 3;
		at += good ? good : bad;
	}
	JSValue string = JS_NewStringLen(ctx, (const char *)text, to);
	js_free(ctx, text);
	return string;
}

/* The memory of a Uint8Array, cut to a part of it. False: an exception. */
struct view { uint8_t *bytes; size_t size; };
static bool view_of(JSContext *ctx, JSValueConst array, JSValueConst from, JSValueConst length, struct view *view)
{
	size_t offset, size, width, whole;
	int64_t at, wanted;
	if (JS_ToInt64(ctx, &at, from) || JS_ToInt64(ctx, &wanted, length))
		return false;
	JSValue buffer = JS_GetTypedArrayBuffer(ctx, array, &offset, &size, &width);
	if (JS_IsException(buffer))
		return false;
	uint8_t *bytes = JS_GetArrayBuffer(ctx, &whole, buffer);
	JS_FreeValue(ctx, buffer);
	if (at < 0 || wanted < 0 || (uint64_t)at > size || (uint64_t)wanted > size - (uint64_t)at || (!bytes && size > 0)) {
		JS_ThrowRangeError(ctx, "not a part of these bytes");
		return false;
	}
	/* an empty array may have no memory; the system calls want an address all the same */
	static uint8_t nothing[1];
	view->bytes = bytes ? bytes + offset + at : nothing;
	view->size = (size_t)wanted;
	return true;
}

static int int_of(JSContext *ctx, JSValueConst value)
{
	int32_t number = -1;
	JS_ToInt32(ctx, &number, value);
	return number;
}

static off_t offset_of(JSContext *ctx, JSValueConst value)
{
	int64_t number = -1;
	JS_ToInt64(ctx, &number, value);
	return number;
}

/* decode(array, from, length, isLatin1): text */
FUNCTION(decode)
{
	UNUSED;
	struct view view;
	if (!view_of(ctx, argv[0], argv[1], argv[2], &view))
		return JS_EXCEPTION;
	return JS_ToBool(ctx, argv[3]) ? string_of_bytes(ctx, view.bytes, view.size) : text_of_bytes(ctx, view.bytes, view.size);
}

/* encode(text, isLatin1): an ArrayBuffer */
FUNCTION(encode)
{
	UNUSED;
	size_t size;
	JSValue buffer;
	if (JS_ToBool(ctx, argv[1])) {
		char *bytes = bytes_of(ctx, argv[0], &size);
		if (!bytes)
			return JS_EXCEPTION;
		buffer = JS_NewArrayBufferCopy(ctx, (uint8_t *)bytes, size);
		js_free(ctx, bytes);
		return buffer;
	}
	const char *text = JS_ToCStringLen(ctx, &size, argv[0]);
	if (!text)
		return JS_EXCEPTION;
	buffer = JS_NewArrayBufferCopy(ctx, (const uint8_t *)text, size);
	JS_FreeCString(ctx, text);
	uint8_t *bytes = JS_GetArrayBuffer(ctx, &size, buffer);
	/* a surrogate without its other half */
	for (size_t i = 0; bytes && i + 2 < size; i++)
		if (bytes[i] == 0xed && bytes[i + 1] >= 0xa0)
			memcpy(bytes + i, "\xef\xbf\xbd", 3);
	return buffer;
}

/* utf8(text), text(utf8): each as a string of the other kind; what is ASCII is both */
static bool is_ascii(const char *bytes, size_t size)
{
	size_t at = 0;
	while (at < size && !(bytes[at] & 0x80))
		at++;
	return at == size;
}
FUNCTION(utf8)
{
	UNUSED;
	size_t size;
	const char *text = JS_ToCStringLen(ctx, &size, argv[0]);
	if (!text)
		return JS_EXCEPTION;
	bool isSame = is_ascii(text, size);
	JS_FreeCString(ctx, text);
	if (isSame)
		return JS_DupValue(ctx, argv[0]);
	JSValue buffer = host_encode(ctx, self, 2, (JSValueConst[]){ argv[0], JS_FALSE });
	uint8_t *bytes = JS_GetArrayBuffer(ctx, &size, buffer);
	JSValue string = bytes ? string_of_bytes(ctx, bytes, size) : JS_EXCEPTION;
	JS_FreeValue(ctx, buffer);
	return string;
}
FUNCTION(text)
{
	UNUSED;
	size_t size;
	char *bytes = bytes_of(ctx, argv[0], &size);
	if (!bytes)
		return JS_EXCEPTION;
	JSValue string = is_ascii(bytes, size) ? JS_DupValue(ctx, argv[0]) : text_of_bytes(ctx, (uint8_t *)bytes, size);
	js_free(ctx, bytes);
	return string;
}

/* ---- files ---- */

/* A call that a signal has interrupted is made again. */
#define AGAIN(result, call) do (result) = (call); while ((result) < 0 && errno == EINTR)

static JSValue result_of(JSContext *ctx, ssize_t result, int error)
{
	return JS_NewInt64(ctx, result < 0 ? -error : result);
}

/* A function of a path, and of another path or a number. */
#define PATH_FUNCTION(name, call) \
	FUNCTION(name) \
	{ \
		UNUSED; \
		char *path = bytes_of(ctx, argv[0], NULL); \
		if (!path) \
			return JS_EXCEPTION; \
		ssize_t result; \
		AGAIN(result, call); \
		int error = errno; \
		js_free(ctx, path); \
		return result_of(ctx, result, error); \
	}
#define PATHS_FUNCTION(name, call) \
	FUNCTION(name) \
	{ \
		UNUSED; \
		char *path = bytes_of(ctx, argv[0], NULL), *other = path ? bytes_of(ctx, argv[1], NULL) : NULL; \
		ssize_t result = -1; \
		if (other) \
			AGAIN(result, call); \
		int error = errno; \
		bool isRead = other != NULL; \
		js_free(ctx, path); \
		js_free(ctx, other); \
		return isRead ? result_of(ctx, result, error) : JS_EXCEPTION; \
	}
#define NUMBER_FUNCTION(name, call) \
	FUNCTION(name) \
	{ \
		UNUSED; \
		ssize_t result; \
		AGAIN(result, call); \
		return result_of(ctx, result, errno); \
	}

PATH_FUNCTION(open, open(path, int_of(ctx, argv[1]) | O_CLOEXEC, int_of(ctx, argv[2])))
PATH_FUNCTION(mkdir, mkdir(path, (mode_t)int_of(ctx, argv[1])))
PATH_FUNCTION(unlink, unlink(path))
PATH_FUNCTION(rmdir, rmdir(path))
PATH_FUNCTION(chmod, chmod(path, (mode_t)int_of(ctx, argv[1])))
PATH_FUNCTION(access, access(path, int_of(ctx, argv[1])))
PATH_FUNCTION(chdir, chdir(path))
PATH_FUNCTION(chown, chown(path, (uid_t)offset_of(ctx, argv[1]), (gid_t)offset_of(ctx, argv[2])))
PATHS_FUNCTION(rename, rename(path, other))
PATHS_FUNCTION(link, link(path, other))
NUMBER_FUNCTION(fsync, fsync(int_of(ctx, argv[0])))
NUMBER_FUNCTION(ftruncate, ftruncate(int_of(ctx, argv[0]), offset_of(ctx, argv[1])))
NUMBER_FUNCTION(kill, kill(int_of(ctx, argv[0]), int_of(ctx, argv[1])))

/* close(fd): never again, for the number may be another file's by then */
FUNCTION(close)
{
	UNUSED;
	int result = close(int_of(ctx, argv[0]));
	return result_of(ctx, result < 0 && errno == EINTR ? 0 : result, errno);
}

/* read(fd, array, from, length, position): position is -1 for where the file is */
FUNCTION(read)
{
	UNUSED;
	struct view view;
	if (!view_of(ctx, argv[1], argv[2], argv[3], &view))
		return JS_EXCEPTION;
	int fd = int_of(ctx, argv[0]);
	off_t position = offset_of(ctx, argv[4]);
	ssize_t result;
	AGAIN(result, position < 0 ? read(fd, view.bytes, view.size) : pread(fd, view.bytes, view.size, position));
	return result_of(ctx, result, errno);
}

/* write(fd, array, from, length) */
FUNCTION(write)
{
	UNUSED;
	struct view view;
	if (!view_of(ctx, argv[1], argv[2], argv[3], &view))
		return JS_EXCEPTION;
	ssize_t result;
	AGAIN(result, write(int_of(ctx, argv[0]), view.bytes, view.size));
	return result_of(ctx, result, errno);
}

/* What memory did not suffice for is an exception: a number that is missing would be read as another one. */
static bool define_value(JSContext *ctx, JSValueConst object, const char *name, JSValue value)
{
	return !JS_IsException(value) && JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_C_W_E) >= 0;
}

static bool define(JSContext *ctx, JSValueConst object, const char *name, int64_t number, bool isBig)
{
	return define_value(ctx, object, name, isBig ? JS_NewBigInt64(ctx, number) : JS_NewInt64(ctx, number));
}

static bool define_time(JSContext *ctx, JSValueConst object, const char *ms, const char *ns, struct timespec time, bool isBig)
{
	return (!isBig || define(ctx, object, ns, time.tv_sec * 1000000000 + time.tv_nsec, true)) &&
	       define_value(ctx, object, ms,
	                    isBig ? JS_NewBigInt64(ctx, time.tv_sec * 1000 + time.tv_nsec / 1000000)
	                          : JS_NewFloat64(ctx, (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6));
}

static bool put(JSContext *ctx, JSValueConst list, uint32_t at, JSValue value)
{
	return !JS_IsException(list) && !JS_IsException(value) && JS_SetPropertyUint32(ctx, list, at, value) >= 0;
}

static JSValue whole(JSContext *ctx, JSValue object, bool isWhole)
{
	if (isWhole)
		return object;
	JS_FreeValue(ctx, object);
	return JS_EXCEPTION;
}

static JSValue numbers_of(JSContext *ctx, const int64_t *numbers, uint32_t count)
{
	JSValue list = JS_NewArray(ctx);
	bool isWhole = true;
	for (uint32_t i = 0; i < count && isWhole; i++)
		isWhole = put(ctx, list, i, JS_NewInt64(ctx, numbers[i]));
	return whole(ctx, list, isWhole);
}

/* stat(path or fd, isLink, isBig): the numbers */
FUNCTION(stat)
{
	UNUSED;
	struct stat stats;
	struct statx born = { 0 };
	bool isBig = JS_ToBool(ctx, argv[2]);
	int result, error;
	if (JS_IsNumber(argv[0])) {
		result = fstat(int_of(ctx, argv[0]), &stats);
		error = errno;
		if (result == 0 && !isBig)
			statx(int_of(ctx, argv[0]), "", AT_EMPTY_PATH, STATX_BTIME, &born);
	} else {
		char *path = bytes_of(ctx, argv[0], NULL);
		if (!path)
			return JS_EXCEPTION;
		bool isLink = JS_ToBool(ctx, argv[1]);
		result = isLink ? lstat(path, &stats) : stat(path, &stats);
		error = errno;
		/* an old kernel does not know it, nor do some file systems: then it stays 0 */
		if (result == 0 && !isBig)
			statx(AT_FDCWD, path, isLink ? AT_SYMLINK_NOFOLLOW : 0, STATX_BTIME, &born);
		js_free(ctx, path);
	}
	if (result < 0)
		return JS_NewInt32(ctx, -error);
	JSValue object = JS_NewObject(ctx);
	if (JS_IsException(object))
		return object;
	struct timespec birth = { born.stx_btime.tv_sec, born.stx_btime.tv_nsec };
	return whole(ctx, object, define(ctx, object, "dev", (int64_t)stats.st_dev, isBig) &&
	                          define(ctx, object, "ino", (int64_t)stats.st_ino, isBig) &&
	                          define(ctx, object, "mode", stats.st_mode, isBig) &&
	                          define(ctx, object, "nlink", (int64_t)stats.st_nlink, isBig) &&
	                          define(ctx, object, "uid", stats.st_uid, isBig) &&
	                          define(ctx, object, "gid", stats.st_gid, isBig) &&
	                          define(ctx, object, "size", stats.st_size, isBig) &&
	                          define(ctx, object, "blocks", stats.st_blocks, isBig) &&
	                          (isBig || define_time(ctx, object, "birthtimeMs", "birthtimeNs", birth, false)) &&
	                          define_time(ctx, object, "mtimeMs", "mtimeNs", stats.st_mtim, isBig) &&
	                          define_time(ctx, object, "ctimeMs", "ctimeNs", stats.st_ctim, isBig));
}

/* readlink(path), realpath(path), mkdtemp(path): a path */
FUNCTION(readlink)
{
	UNUSED;
	uint8_t text[PATH_MAX];
	char *path = bytes_of(ctx, argv[0], NULL);
	if (!path)
		return JS_EXCEPTION;
	ssize_t size = readlink(path, (char *)text, sizeof text);
	int error = errno;
	js_free(ctx, path);
	return size < 0 ? JS_NewInt32(ctx, -error) : string_of_bytes(ctx, text, (size_t)size);
}
FUNCTION(realpath)
{
	UNUSED;
	char *path = bytes_of(ctx, argv[0], NULL);
	if (!path)
		return JS_EXCEPTION;
	char *real = realpath(path, NULL);
	int error = errno;
	js_free(ctx, path);
	JSValue value = real ? string_of(ctx, real) : JS_NewInt32(ctx, -error);
	free(real);
	return value;
}
FUNCTION(mkdtemp)
{
	UNUSED;
	char *path = bytes_of(ctx, argv[0], NULL);
	if (!path)
		return JS_EXCEPTION;
	JSValue value = mkdtemp(path) ? string_of(ctx, path) : JS_NewInt32(ctx, -errno);
	js_free(ctx, path);
	return value;
}

/* utimes(path, seconds, seconds): access and change */
static struct timespec timespec_of(JSContext *ctx, JSValueConst value)
{
	double seconds = 0;
	JS_ToFloat64(ctx, &seconds, value);
	double whole = floor(seconds);
	/* to the microsecond, as Node */
	return (struct timespec){ .tv_sec = (time_t)whole, .tv_nsec = (long)((seconds - whole) * 1e6) * 1000 };
}
PATH_FUNCTION(utimes, utimensat(AT_FDCWD, path, (struct timespec[]){ timespec_of(ctx, argv[1]), timespec_of(ctx, argv[2]) }, 0))

/* statfs(path): the size of a block, how many there are, and how many are free for users */
FUNCTION(statfs)
{
	UNUSED;
	struct statfs stats;
	char *path = bytes_of(ctx, argv[0], NULL);
	if (!path)
		return JS_EXCEPTION;
	int result = statfs(path, &stats), error = errno;
	js_free(ctx, path);
	if (result < 0)
		return JS_NewInt32(ctx, -error);
	return numbers_of(ctx, (int64_t[]){ stats.f_bsize, (int64_t)stats.f_blocks, (int64_t)stats.f_bavail }, 3);
}

/* The directory itself and the one above it. */
static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* entries(fd): names and d_types of some entries, in turns; empty at the end of the directory */
FUNCTION(entries)
{
	UNUSED;
	_Alignas(struct dirent64) char buffer[32768];
	JSValue list = JS_NewArray(ctx);
	/* a part may hold nothing but . and .. */
	for (uint32_t count = 0; count == 0 && !JS_IsException(list);) {
		ssize_t size = syscall(SYS_getdents64, int_of(ctx, argv[0]), buffer, sizeof buffer);
		if (size <= 0) {
			int error = errno;
			if (size == 0)
				return list;
			JS_FreeValue(ctx, list);
			return JS_NewInt32(ctx, -error);
		}
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(buffer + at);
			at += entry->d_reclen;
			if (is_dots(entry->d_name))
				continue;
			if (!put(ctx, list, count++, string_of(ctx, entry->d_name)) ||
			    !put(ctx, list, count++, JS_NewInt32(ctx, entry->d_type)))
				return whole(ctx, list, false);
		}
	}
	return list;
}

/* contents(path): as Contents in src/io/host/directory.ts, or -errno */
FUNCTION(contents)
{
	UNUSED;
	char *path = bytes_of(ctx, argv[0], NULL);
	if (!path)
		return JS_EXCEPTION;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = errno;
	js_free(ctx, path);
	if (fd < 0)
		return JS_NewInt32(ctx, -error);
	enum { DIRECTORIES, SYMLINKS, SPECIALS, KINDS };
	JSValue lists[KINDS];
	uint32_t sizes[KINDS] = { 0 };
	bool isWhole = true;
	for (int kind = 0; kind < KINDS; kind++) {
		lists[kind] = JS_NewArray(ctx);
		isWhole = isWhole && !JS_IsException(lists[kind]);
	}
	_Alignas(struct dirent64) char buffer[32768];
	int64_t count = 0;
	ssize_t size = 0;
	while (isWhole && (size = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
		for (ssize_t at = 0; at < size && isWhole;) {
			const struct dirent64 *entry = (const void *)(buffer + at);
			at += entry->d_reclen;
			if (is_dots(entry->d_name))
				continue;
			int type = entry->d_type;
			struct stat stats;
			if (type == DT_UNKNOWN && fstatat(fd, entry->d_name, &stats, AT_SYMLINK_NOFOLLOW) == 0)
				type = IFTODT(stats.st_mode);
			count++;
			if (type == DT_REG)
				continue;
			int kind = type == DT_DIR ? DIRECTORIES : type == DT_LNK ? SYMLINKS : SPECIALS;
			isWhole = put(ctx, lists[kind], sizes[kind]++, string_of(ctx, entry->d_name));
		}
	error = errno;
	close(fd);
	JSValue object = JS_NewObject(ctx);
	isWhole = isWhole && !JS_IsException(object) && JS_SetPropertyStr(ctx, object, "count", JS_NewInt64(ctx, count)) >= 0;
	static const char *const names[KINDS] = { "directories", "symlinks", "specials" };
	for (int kind = 0; kind < KINDS; kind++)
		if (!isWhole)
			JS_FreeValue(ctx, lists[kind]);
		else
			isWhole = JS_SetPropertyStr(ctx, object, names[kind], lists[kind]) >= 0;
	if (isWhole && size < 0) {
		JS_FreeValue(ctx, object);
		return JS_NewInt32(ctx, -error);
	}
	return whole(ctx, object, isWhole);
}

/* size(fd): rows and columns of a terminal, or -errno where it is none */
FUNCTION(size)
{
	UNUSED;
	struct winsize size;
	if (ioctl(int_of(ctx, argv[0]), TIOCGWINSZ, &size) < 0)
		return JS_NewInt32(ctx, -errno);
	return JS_NewInt32(ctx, size.ws_row << 16 | size.ws_col);
}

/* ---- this process ---- */

NUMBER_FUNCTION(pid, getpid())
NUMBER_FUNCTION(ppid, getppid())

/* ids(): real and effective user, real and effective group */
FUNCTION(ids)
{
	UNUSED;
	return numbers_of(ctx, (int64_t[]){ getuid(), geteuid(), getgid(), getegid() }, 4);
}

/* now(): milliseconds since the start */
FUNCTION(now)
{
	UNUSED;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return JS_NewFloat64(ctx, (double)(now.tv_sec - started.tv_sec) * 1e3 + (double)(now.tv_nsec - started.tv_nsec) / 1e6);
}

/* words(isEnvironment): arguments, or variables */
FUNCTION(words)
{
	UNUSED;
	char **words = JS_ToBool(ctx, argv[0]) ? environ : arguments;
	JSValue list = JS_NewArray(ctx);
	bool isWhole = true;
	for (uint32_t i = 0; words && words[i] && isWhole; i++)
		isWhole = put(ctx, list, i, string_of(ctx, words[i]));
	return whole(ctx, list, isWhole);
}

FUNCTION(cwd)
{
	UNUSED;
	char *path = getcwd(NULL, 0);
	JSValue value = path ? string_of(ctx, path) : JS_NewInt32(ctx, -errno);
	free(path);
	return value;
}

FUNCTION(hostname)
{
	UNUSED;
	char name[256] = "";
	return gethostname(name, sizeof name - 1) < 0 ? JS_NewInt32(ctx, -errno) : string_of(ctx, name);
}

FUNCTION(exit)
{
	UNUSED;
	_exit(int_of(ctx, argv[0]));
}

/* ---- signals and other processes ---- */

static volatile sig_atomic_t caught;
static void on_signal(int number)
{
	caught |= 1 << number;
}

/* signal(number, isHandled): whether poll() tells of it, or it does what it does by itself */
FUNCTION(signal)
{
	UNUSED;
	struct sigaction action = { .sa_handler = JS_ToBool(ctx, argv[1]) ? on_signal : SIG_DFL };
	int result = sigaction(int_of(ctx, argv[0]), &action, NULL);
	return result_of(ctx, result, errno);
}

/* pipe(): both ends; the second is the one that is written to */
FUNCTION(pipe)
{
	UNUSED;
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return JS_NewInt32(ctx, -errno);
	return numbers_of(ctx, (int64_t[]){ fds[0], fds[1] }, 2);
}

static void free_list(JSContext *ctx, char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		js_free(ctx, list[i]);
	js_free(ctx, list);
}

/* NULL: an exception */
static char **list_of(JSContext *ctx, JSValueConst array)
{
	JSValue length = JS_GetPropertyStr(ctx, array, "length");
	uint32_t count = 0;
	if (JS_ToUint32(ctx, &count, length) < 0)
		return NULL;
	char **list = js_mallocz(ctx, ((size_t)count + 1) * sizeof *list);
	for (uint32_t i = 0; list && i < count; i++) {
		JSValue word = JS_GetPropertyUint32(ctx, array, i);
		list[i] = bytes_of(ctx, word, NULL);
		JS_FreeValue(ctx, word);
		if (!list[i]) {
			free_list(ctx, list);
			return NULL;
		}
	}
	return list;
}

/* The child's part: it has this process's memory until it becomes the program, so it calls no more than it must. */
static int become(char **words, int fds[3], bool isDetached)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;
	for (int number = 1; number < 32; number++)
		sigaction(number, &standard, NULL);
	if (isDetached)
		setsid();
	/* out of the way of 0 to 2 first, since each may have to become another one of them */
	for (int i = 0; i < 3; i++)
		if (fds[i] < 3 && fds[i] != i && (fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return errno;
	for (int i = 0; i < 3; i++)
		if ((fds[i] == i ? fcntl(i, F_SETFD, 0) : dup2(fds[i], i)) < 0)
			return errno;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(words[0], words);
	return errno;
}

/* spawn(words, variables, in, out, err, isDetached): the pid. The program is looked for on the PATH of the variables. */
FUNCTION(spawn)
{
	UNUSED;
	int fds[3] = { int_of(ctx, argv[2]), int_of(ctx, argv[3]), int_of(ctx, argv[4]) };
	bool isDetached = JS_ToBool(ctx, argv[5]);
	char **words = list_of(ctx, argv[0]), **variables = words ? list_of(ctx, argv[1]) : NULL, **own = environ;
	volatile int failure = 0;
	pid_t pid = -1;
	if (variables && words[0]) {
		/* what the caller left open is not for others: the shim's 8 and 9, and what came before */
		for (int fd = 3; fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 || fd < 16; fd++)
			;
		sigset_t all, before;
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, &before);
		environ = variables;
		pid = vfork();
		if (pid == 0) {
			failure = become(words, fds, isDetached);
			_exit(127);
		}
		if (pid < 0)
			failure = errno;
		environ = own;
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (pid > 0 && failure)
			waitpid(pid, NULL, 0);
	}
	bool isRead = variables != NULL;
	free_list(ctx, words);
	free_list(ctx, variables);
	return isRead ? JS_NewInt32(ctx, failure ? -failure : pid) : JS_EXCEPTION;
}

/* wait(pid): the status as waitpid(2) has it; -1 while it runs */
FUNCTION(wait)
{
	UNUSED;
	int status = 0, result;
	AGAIN(result, waitpid(int_of(ctx, argv[0]), &status, WNOHANG));
	return JS_NewInt32(ctx, result == 0 ? -1 : result < 0 ? 127 << 8 : status);
}

/* poll(readers, writers, milliseconds): the descriptors that are ready, after a number whose bits are the signals that
 * came; -1 milliseconds is for ever */
FUNCTION(poll)
{
	UNUSED;
	struct pollfd fds[16];
	nfds_t count = 0;
	for (int i = 0; i < 2; i++) {
		JSValue value = JS_GetPropertyStr(ctx, argv[i], "length");
		uint32_t length = 0;
		if (JS_ToUint32(ctx, &length, value) < 0)
			return JS_EXCEPTION;
		if (length > sizeof fds / sizeof *fds - count)
			return JS_ThrowRangeError(ctx, "too many descriptors");
		for (uint32_t at = 0; at < length; at++) {
			value = JS_GetPropertyUint32(ctx, argv[i], at);
			fds[count++] = (struct pollfd){ .fd = int_of(ctx, value), .events = i == 0 ? POLLIN : POLLOUT };
			JS_FreeValue(ctx, value);
		}
	}
	int ms = int_of(ctx, argv[2]);
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
	sigset_t all, before;
	sigfillset(&all);
	/* so that none comes between the look at `caught` and the wait */
	sigprocmask(SIG_SETMASK, &all, &before);
	if (caught || ppoll(fds, count, ms < 0 ? NULL : &time, &before) < 0)
		for (nfds_t i = 0; i < count; i++)
			fds[i].revents = 0;
	uint32_t signals = (uint32_t)caught, ready = 1;
	caught = 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	int64_t found[1 + sizeof fds / sizeof *fds] = { signals };
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].revents)
			found[ready++] = fds[i].fd;
	return numbers_of(ctx, found, ready);
}

/* ---- what an interpreter is slow at ---- */

/* SHA-256, FIPS 180-4 */
static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
	0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
	0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
	0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turned(uint32_t word, int bits)
{
	return word >> bits | word << (32 - bits);
}

static void digest_block(uint32_t state[8], const uint8_t *bytes)
{
	uint32_t w[64], v[8];
	for (int i = 0; i < 16; i++, bytes += 4)
		w[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] + (turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, state, sizeof v);
	for (int i = 0; i < 64; i++) {
		uint32_t a = v[7] + (turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + w[i];
		uint32_t b = (turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += a;
		v[0] = a + b;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

/* sha256(array, length): an ArrayBuffer */
FUNCTION(sha256)
{
	UNUSED;
	struct view view;
	if (!view_of(ctx, argv[0], JS_NewInt32(ctx, 0), argv[1], &view))
		return JS_EXCEPTION;
	uint32_t state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	size_t at = 0;
	for (; view.size - at >= 64; at += 64)
		digest_block(state, view.bytes + at);
	uint8_t last[128] = { 0 }, digest[32];
	size_t rest = view.size - at, end = rest < 56 ? 64 : 128;
	memcpy(last, view.bytes + at, rest);
	last[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		last[end - 1 - i] = (uint8_t)((uint64_t)view.size * 8 >> 8 * i);
	for (at = 0; at < end; at += 64)
		digest_block(state, last + at);
	for (size_t i = 0; i < sizeof digest; i++)
		digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
	return JS_NewArrayBufferCopy(ctx, digest, sizeof digest);
}

/* ---- plans ---- */

/* groupsOf(text): as in src/core/plan/groups.ts */
FUNCTION(groupsOf)
{
	UNUSED;
	enum { ITEM = 12 };
	struct borrowed text;
	if (!borrow(ctx, argv[0], &text))
		return JS_EXCEPTION;
	JSValue groups = JS_NewArray(ctx), names = JS_UNDEFINED;
	uint32_t size = 0, count = 0;
	const char *start = NULL, *line = text.bytes, *end = text.bytes + text.size;
	size_t width = 0;
	bool isWhole = true;
	for (const char *next; isWhole && line; line = next < end ? next + 1 : NULL) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next : end;
		size_t length = (size_t)(next - line), own = ITEM;
		bool isApart = length <= ITEM || next[-1] == '/' || memmem(line, length, "\\#", 2);
		const char *slash = isApart ? NULL : memrchr(line, '/', length);
		if (isApart)
			own = length;
		else if (slash && slash - line >= ITEM)
			own = (size_t)(slash - line) + 1;
		if (isApart || !start || own != width || memcmp(line, start, own) != 0) {
			JSValue group = JS_NewObject(ctx);
			names = JS_NewArray(ctx);
			count = 0;
			start = isApart ? NULL : line;
			width = own;
			/* each belongs to what it is put in, whether that succeeds or not */
			isWhole = put(ctx, groups, size++, group) && !JS_IsException(names) &&
			          JS_SetPropertyStr(ctx, group, "names", names) >= 0 &&
			          JS_SetPropertyStr(ctx, group, "start", part_of(ctx, &text, line, own)) >= 0;
		}
		if (isWhole && !isApart)
			isWhole = put(ctx, names, count++, part_of(ctx, &text, line + own, length - own));
	}
	give_back(ctx, &text);
	return whole(ctx, groups, isWhole);
}

/* How many values an array has; negative: an exception. */
static int64_t length_of(JSContext *ctx, JSValueConst array)
{
	JSValue length = JS_GetPropertyStr(ctx, array, "length");
	int64_t result = -1;
	if (JS_IsException(length) || JS_ToInt64(ctx, &result, length))
		return -1;
	return result;
}

/* The `at`-th of an array of strings. */
static bool borrow_at(JSContext *ctx, JSValueConst array, uint32_t at, struct borrowed *name)
{
	JSValue value = JS_GetPropertyUint32(ctx, array, at);
	bool isWhole = !JS_IsException(value) && borrow(ctx, value, name);
	JS_FreeValue(ctx, value);
	return isWhole;
}

struct hash { uint32_t a, b; };

static struct hash hash_more(struct hash hash, const struct borrowed *part)
{
	for (size_t i = 0; i < part->size; i++) {
		hash.a = (hash.a ^ (uint8_t)part->bytes[i]) * 0x01000193u;
		hash.b = (hash.b ^ (uint8_t)part->bytes[i]) * 0xcc9e2d51u;
		hash.b ^= hash.b >> 15;
	}
	return hash;
}

static double hash_end(struct hash hash)
{
	uint32_t a = (hash.a ^ hash.a >> 16 ^ hash.b) * 0x85ebca6bu;
	uint32_t b = (hash.b ^ hash.b >> 13 ^ a) * 0xc2b2ae35u;
	return (double)((b ^ b >> 16) & 0x1fffff) * 0x1p32 + (a ^ a >> 13);
}

/* pathHashes(start, names): as hashesOf() in src/core/plan/path-hash.ts */
FUNCTION(pathHashes)
{
	UNUSED;
	struct borrowed part;
	int64_t count = length_of(ctx, argv[1]);
	if (count < 0 || !borrow(ctx, argv[0], &part))
		return JS_EXCEPTION;
	struct hash start = hash_more((struct hash){ 0x9e3779b9, 0x85ebca6b }, &part);
	give_back(ctx, &part);
	double *hashes = js_malloc(ctx, ((size_t)count + 1) * sizeof *hashes);
	bool isWhole = hashes;
	for (uint32_t i = 0; i < count && isWhole; i++) {
		isWhole = borrow_at(ctx, argv[1], i, &part);
		if (isWhole) {
			hashes[i] = hash_end(hash_more(start, &part));
			give_back(ctx, &part);
		}
	}
	JSValue buffer = isWhole ? JS_NewArrayBufferCopy(ctx, (uint8_t *)hashes, (size_t)count * sizeof *hashes) : JS_EXCEPTION;
	js_free(ctx, hashes);
	return buffer;
}

/* areIn(hashes, size, sorted, size): as in src/core/plan/path-hash.ts; sizes in bytes */
FUNCTION(areIn)
{
	UNUSED;
	struct view wanted, among;
	JSValue zero = JS_NewInt32(ctx, 0);
	if (!view_of(ctx, argv[0], zero, argv[1], &wanted) || !view_of(ctx, argv[2], zero, argv[3], &among))
		return JS_EXCEPTION;
	const double *hashes = (const void *)wanted.bytes, *sorted = (const void *)among.bytes;
	size_t count = wanted.size / sizeof *hashes, size = among.size / sizeof *sorted;
	uint8_t *are = js_malloc(ctx, count + 1);
	if (!are)
		return JS_EXCEPTION;
	for (size_t i = 0; i < count; i++) {
		size_t low = 0, high = size;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (sorted[middle] < hashes[i])
				low = middle + 1;
			else
				high = middle;
		}
		are[i] = low < size && sorted[low] == hashes[i];
	}
	JSValue buffer = JS_NewArrayBufferCopy(ctx, are, count);
	js_free(ctx, are);
	return buffer;
}

enum { DIGIT = 1, LOWER = 2, UPPER = 4 };

static int kind_of(char c)
{
	return c >= '0' && c <= '9' ? DIGIT : c >= 'a' && c <= 'z' ? LOWER : c >= 'A' && c <= 'Z' ? UPPER : 0;
}

static size_t span(const char *text, size_t at, size_t end, int kinds)
{
	while (at < end && kind_of(text[at]) & kinds)
		at++;
	return at;
}

static int kinds_in(const char *text, size_t at, size_t end)
{
	int kinds = 0;
	for (; at < end; at++)
		kinds |= kind_of(text[at]);
	return kinds;
}

/* A word, maybe with one capital or all in capitals, with a number behind it. */
static bool is_numbered(const char *word, size_t size)
{
	size_t capitals = span(word, 0, size, UPPER), letters = span(word, capitals, size, LOWER);
	bool is_word = letters > capitals ? capitals <= 1 : capitals > 0;
	return is_word && letters < size && span(word, letters, size, DIGIT) == size;
}

/* `-DkzFh3_a.j`, with the dash at that place. */
static bool is_eight(const char *name, size_t at, size_t size)
{
	const char *word = name + at + 1;
	if (size - at < 11 || name[at] != '-' || word[8] != '.' || kind_of(word[9]) != LOWER)
		return false;
	size_t dash = 8;
	int others = 0;
	for (size_t i = 8; i-- > 0;) {
		if (word[i] == '-')
			dash = i;
		else if (word[i] != '_' && !kind_of(word[i]))
			return false;
		others += !kind_of(word[i]);
	}
	int kinds = kinds_in(word, 0, 8);
	return kinds & LOWER && (others > 0 || kinds & DIGIT) && kinds_in(word, 0, dash) & (UPPER | DIGIT);
}

static bool is_separator(char c)
{
	return c == '-' || c == '.' || c == '_' || c == '~';
}

static bool is_generated(const char *name, size_t size)
{
	for (size_t at = 0, end; at < size; at = end + 1) {
		end = span(name, at, size, DIGIT | LOWER | UPPER);
		if (end - at < 6 || end == size || !is_separator(name[end]) || (at > 0 && !is_separator(name[at - 1])))
			continue;
		int kinds = kinds_in(name, at, end);
		if (!(kinds & DIGIT) || !(kinds & (LOWER | UPPER)))
			continue;
		if (!is_numbered(name + at, end - at))
			return true;
		break;
	}
	for (size_t at = 0; at < size; at++)
		if (is_eight(name, at, size))
			return true;
	return false;
}

/* generatedIn(names): as in src/core/plan/generated.ts */
FUNCTION(generatedIn)
{
	UNUSED;
	int64_t count = length_of(ctx, argv[0]);
	JSValue found = count < 0 ? JS_EXCEPTION : JS_NewArray(ctx);
	bool isWhole = !JS_IsException(found);
	uint32_t size = 0;
	for (uint32_t i = 0; i < count && isWhole; i++) {
		struct borrowed name;
		isWhole = borrow_at(ctx, argv[0], i, &name);
		if (!isWhole)
			break;
		bool isGenerated = is_generated(name.bytes, name.size);
		give_back(ctx, &name);
		if (isGenerated)
			isWhole = put(ctx, found, size++, JS_GetPropertyUint32(ctx, argv[0], i));
	}
	return whole(ctx, found, isWhole);
}

/* ---- memory ---- */

#ifndef CHECKED
/* The process lives for milliseconds: small blocks come from one piece after another, and go to the next of the same
 * size; malloc takes twice as long. A word before each block is its size. */
enum { UNIT = 16, LARGEST = 1024, PIECE = 1 << 20 };
static struct block { struct block *next; } *unused_blocks[LARGEST / UNIT + 1];
static char *piece, *piece_end;

static size_t block_size(const void *block)
{
	return block ? ((const size_t *)block)[-1] : 0;
}

static void *new_block(size_t size)
{
	size_t whole = (size + sizeof(size_t) + UNIT - 1) / UNIT * UNIT;
	if (size > LARGEST - sizeof(size_t)) {
		size_t *large = size > SIZE_MAX - UNIT ? NULL : malloc(size + UNIT);
		if (!large)
			return NULL;
		large[1] = size;
		return large + 2;
	}
	struct block **unused = &unused_blocks[whole / UNIT], *block = *unused;
	if (block) {
		*unused = block->next;
		return block;
	}
	if ((size_t)(piece_end - piece) < whole + sizeof(size_t)) {
		char *more = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (more == MAP_FAILED)
			return NULL;
		/* blocks lie at a multiple of 16, their sizes before that */
		piece = more + sizeof(size_t);
		piece_end = more + PIECE;
	}
	size_t *begin = (void *)piece;
	piece += whole;
	*begin = whole - sizeof(size_t);
	return begin + 1;
}

static void free_block(void *block)
{
	size_t size = block_size(block);
	if (size > LARGEST - sizeof(size_t))
		free((size_t *)block - 2);
	else if (block) {
		struct block **unused = &unused_blocks[(size + sizeof(size_t)) / UNIT];
		((struct block *)block)->next = *unused;
		*unused = block;
	}
}

static void *memory_new(JSMallocState *state, size_t size)
{
	void *block = new_block(size);
	state->malloc_size += block_size(block);
	return block;
}

static void memory_free(JSMallocState *state, void *block)
{
	state->malloc_size -= block_size(block);
	free_block(block);
}

static void *memory_resize(JSMallocState *state, void *block, size_t size)
{
	size_t before = block_size(block);
	if (size == 0) {
		memory_free(state, block);
		return NULL;
	}
	bool isLarge = before > LARGEST - sizeof(size_t);
	if (block && !isLarge && size <= before)
		return block;
	if (isLarge && size > LARGEST - sizeof(size_t)) {
		size_t *large = size > SIZE_MAX - UNIT ? NULL : realloc((size_t *)block - 2, size + UNIT);
		if (!large)
			return NULL;
		large[1] = size;
		state->malloc_size += size - before;
		return large + 2;
	}
	void *other = memory_new(state, size);
	if (other && block) {
		memcpy(other, block, before < size ? before : size);
		memory_free(state, block);
	}
	return other;
}

static JSRuntime *new_runtime(void)
{
	static const JSMallocFunctions functions = { memory_new, memory_free, memory_resize, block_size };
	return JS_NewRuntime2(&functions, NULL);
}
#else
/* under the sanitizers, which know malloc's blocks */
static JSRuntime *new_runtime(void)
{
	return JS_NewRuntime();
}
#endif

/* ---- the program ---- */

static void say(const char *text)
{
	ssize_t ignored = write(people, text, strlen(text));
	(void)ignored;
}

/* Ends with what was thrown: a guard that fails must not end as if nothing was wrong. */
static _Noreturn void end_broken(JSContext *ctx, JSValueConst error)
{
	/* where memory does not suffice for an error, the engine throws null */
	const char *text = JS_IsNull(error) ? NULL : JS_ToCString(ctx, error);
	say("rsync-guard: refused, nothing ran: the program failed: ");
	say(text ? text : "no memory is left");
	say("\n  next: report it, with the command; to go on without the guard, call rsync by its full path\n");
	_exit(UNDECIDABLE);
}

static _Noreturn void end_thrown(JSContext *ctx)
{
	end_broken(ctx, JS_GetException(ctx));
}

static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque)
{
	(void)opaque;
	for (const uint8_t *at = program; at < program_end;) {
		const char *own = (const char *)at;
		uint32_t size;
		at += strlen(own) + 1;
		memcpy(&size, at, sizeof size);
		at += sizeof size;
		if (!strcmp(name, own)) {
			JSValue module = JS_ReadObject(ctx, at, size, JS_READ_OBJ_BYTECODE);
			if (JS_IsException(module))
				return NULL;
			JSModuleDef *definition = JS_VALUE_GET_PTR(module);
			JS_FreeValue(ctx, module);
			return definition;
		}
		at += size;
	}
	JS_ThrowReferenceError(ctx, "there is no module %s", name);
	return NULL;
}

/* load(name): a promise of a module of the program, since import() needs what bytecode is stripped of */
FUNCTION(load)
{
	UNUSED;
	const char *name = JS_ToCString(ctx, argv[0]);
	if (!name)
		return JS_EXCEPTION;
	JSValue promise = JS_LoadModule(ctx, "", name);
	JS_FreeCString(ctx, name);
	return promise;
}

/* loop(function): what is called until it returns false, whenever nothing else is to be done */
static JSValue turn;
FUNCTION(loop)
{
	UNUSED;
	JS_FreeValue(ctx, turn);
	turn = JS_DupValue(ctx, argv[0]);
	return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
#define ENTRY(name, length) JS_CFUNC_DEF(#name, length, host_##name)
	JS_PROP_INT32_DEF("O_DIRECTORY", O_DIRECTORY, 0), JS_PROP_INT32_DEF("O_NOFOLLOW", O_NOFOLLOW, 0),
	ENTRY(access, 2), ENTRY(areIn, 4), ENTRY(chdir, 1), ENTRY(chmod, 2), ENTRY(chown, 3), ENTRY(close, 1), ENTRY(contents, 1), ENTRY(cwd, 0), ENTRY(decode, 4), ENTRY(encode, 2),
	ENTRY(entries, 1), ENTRY(exit, 1), ENTRY(fsync, 1), ENTRY(ftruncate, 2), ENTRY(generatedIn, 1), ENTRY(groupsOf, 1), ENTRY(hostname, 0), ENTRY(ids, 0), ENTRY(kill, 2),
	ENTRY(link, 2), ENTRY(load, 1), ENTRY(loop, 1), ENTRY(mkdir, 2), ENTRY(mkdtemp, 1), ENTRY(now, 0), ENTRY(open, 3),
	ENTRY(pathHashes, 2), ENTRY(pid, 0), ENTRY(pipe, 0), ENTRY(poll, 3), ENTRY(ppid, 0), ENTRY(read, 5), ENTRY(readlink, 1),
	ENTRY(realpath, 1), ENTRY(rename, 2), ENTRY(rmdir, 1), ENTRY(sha256, 2), ENTRY(signal, 2), ENTRY(size, 1), ENTRY(spawn, 6),
	ENTRY(stat, 3), ENTRY(statfs, 1), ENTRY(text, 1), ENTRY(unlink, 1), ENTRY(utf8, 1), ENTRY(utimes, 3), ENTRY(wait, 1), ENTRY(words, 1), ENTRY(write, 4),
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static int define_host(JSContext *ctx, JSModuleDef *module)
{
	return JS_SetModuleExportList(ctx, module, functions, FUNCTIONS);
}

/* How many promises are rejected with nobody to hear it, and why the last one was. */
static int unheard;
static JSValue reason;
static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst why, JS_BOOL isHandled, void *opaque)
{
	(void)promise, (void)opaque;
	unheard += isHandled ? -1 : 1;
	if (isHandled)
		return;
	JS_FreeValue(ctx, reason);
	reason = JS_DupValue(ctx, why);
}

static void run_jobs(JSContext *ctx)
{
	JSContext *failed;
	int result;
	while ((result = JS_ExecutePendingJob(JS_GetRuntime(ctx), &failed)) > 0)
		;
	if (result < 0)
		end_thrown(failed);
	if (unheard > 0)
		end_broken(ctx, reason);
}

/* A file that was cut short has zeros where its last page ends: what would run is another program. */
static bool is_whole(void)
{
	ElfW(Ehdr) header;
	struct stat stats;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	/* without /proc it can't be told, and the guard refuses for that itself */
	if (fd < 0)
		return true;
	bool isWhole = read(fd, &header, sizeof header) == (ssize_t)sizeof header && fstat(fd, &stats) == 0 &&
	               (uint64_t)stats.st_size >= header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize;
	close(fd);
	return isWhole;
}

/* As Node does: what the parent has done to signals and standard descriptors is its own matter. */
static void begin(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < 32; number++) {
		/* a write that fails says so */
		struct sigaction action = { .sa_handler = number == SIGPIPE || number == SIGXFSZ ? SIG_IGN : SIG_DFL };
		sigaction(number, &action, NULL);
	}
	/* else the next file would be one of them */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(UNDECIDABLE);
	if (fcntl(9, F_GETFD) >= 0)
		people = 9;
}

static JSContext *new_context(void)
{
	JSRuntime *runtime = new_runtime();
	if (!runtime)
		return NULL;
	struct rlimit stack;
	size_t most = 4 << 20;
	if (getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur / 2 < most)
		most = stack.rlim_cur / 2;
	JS_SetMaxStackSize(runtime, most);
#ifndef CHECKED
	/* most runs end before it would pay */
	JS_SetGCThreshold(runtime, 64 << 20);
#endif
	JS_SetModuleLoaderFunc(runtime, NULL, load_module, NULL);
	JS_SetHostPromiseRejectionTracker(runtime, on_rejection, NULL);
	JSContext *ctx = JS_NewContextRaw(runtime);
	if (!ctx)
		return NULL;
	JS_AddIntrinsicBaseObjects(ctx);
	JS_AddIntrinsicDate(ctx);
	JS_AddIntrinsicStringNormalize(ctx);
	JS_AddIntrinsicRegExpCompiler(ctx);
	JS_AddIntrinsicRegExp(ctx);
	JS_AddIntrinsicJSON(ctx);
	JS_AddIntrinsicMapSet(ctx);
	JS_AddIntrinsicTypedArrays(ctx);
	JS_AddIntrinsicPromise(ctx);
	JSModuleDef *host = JS_NewCModule(ctx, "host", define_host);
	return host && JS_AddModuleExportList(ctx, host, functions, FUNCTIONS) == 0 ? ctx : NULL;
}

int main(int argc, char **argv)
{
	(void)argc;
	clock_gettime(CLOCK_MONOTONIC, &started);
	arguments = argv;
	begin();
	JSContext *ctx = is_whole() ? new_context() : NULL;
	if (!ctx) {
		say("rsync-guard: refused, nothing ran: its file is cut short, or no memory is left\n"
		    "  next: install rsync-guard again; to go on without the guard, call rsync by its full path\n");
		_exit(UNDECIDABLE);
	}
	/* its promise is heard where it is rejected: by on_rejection */
	JS_FreeValue(ctx, JS_LoadModule(ctx, "", (const char *)program));
	for (bool isOn = true; isOn;) {
		run_jobs(ctx);
		JSValue more = JS_Call(ctx, turn, JS_UNDEFINED, 0, NULL);
		if (JS_IsException(more))
			end_thrown(ctx);
		isOn = JS_ToBool(ctx, more);
	}
	/* the program ends by exit() */
	JS_ThrowInternalError(ctx, "it ended without a result");
	end_thrown(ctx);
}
