/* faults COMMAND…: runs it, and makes the FAULT_AT-th change that it makes to the disk its last one (FAULT=kill, as
 * kill -9), or one that fails (FAULT=ENOSPC). From outside, so that it is the same for each build.
 *
 * Counted are the changes of COMMAND's own process; with FAULT_IN=WORD those of processes with that argument. A write
 * counts twice: none of it, and half of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static long at, changes;
static bool isKill;
static const char *word;
static pid_t root;

/* What was done to a thread's system call, for when it ends. */
static enum { NOTHING, FAIL, HALF } done;
static pid_t done_in;

static pid_t process_of(pid_t thread)
{
	char path[64], line[128];
	pid_t process = thread;
	snprintf(path, sizeof path, "/proc/%d/status", thread);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "Tgid: %d", &process) == 1)
			break;
	if (file)
		fclose(file);
	return process;
}

static bool is_meant(pid_t thread)
{
	static char words[1 << 20];
	if (!word)
		return process_of(thread) == root;
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/cmdline", thread);
	int fd = open(path, O_RDONLY);
	ssize_t size = read(fd, words, sizeof words);
	close(fd);
	for (char *at = words; at < words + size; at += strlen(at) + 1)
		if (!strcmp(at, word))
			return true;
	return false;
}

static bool is_file(pid_t thread, int fd)
{
	char path[64];
	struct stat stats;
	snprintf(path, sizeof path, "/proc/%d/fd/%d", thread, fd);
	return stat(path, &stats) == 0 && S_ISREG(stats.st_mode);
}

static bool creates(unsigned long long flags)
{
	return flags & (O_CREAT | O_TRUNC);
}

/* How often a system call counts as a change. */
static int weight(pid_t thread, const struct __ptrace_syscall_info *info)
{
	const unsigned long long *args = (const void *)info->entry.args;
	switch (info->entry.nr) {
	case SYS_open: return creates(args[1]);
	case SYS_openat: return creates(args[2]);
	case SYS_write: case SYS_pwrite64: return is_file(thread, (int)args[0]) ? 2 : 0;
	case SYS_mkdir: case SYS_mkdirat: case SYS_rename: case SYS_renameat: case SYS_renameat2: case SYS_link: case SYS_linkat:
	case SYS_chmod: case SYS_fchmod: case SYS_fchmodat: case SYS_unlink: case SYS_unlinkat: case SYS_rmdir: case SYS_fsync:
	case SYS_ftruncate: return 1;
	default: return 0;
	}
}

static void set(pid_t thread, size_t register_, unsigned long long value)
{
	ptrace(PTRACE_POKEUSER, thread, register_, value);
}

static void on_syscall(pid_t thread)
{
	struct __ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && done != NOTHING && done_in == thread) {
		if (done == FAIL)
			set(thread, offsetof(struct user_regs_struct, rax), (unsigned long long)-ENOSPC);
		else if (isKill)
			kill(process_of(thread), SIGKILL);
		done = NOTHING;
		return;
	}
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	int counts = weight(thread, &info);
	if (counts == 0 || !is_meant(thread))
		return;
	long before = changes;
	changes += counts;
	/* a disk that is full stays so */
	bool isFull = !isKill && counts == 2 && at <= before;
	if (!isFull && (at <= before || at > changes))
		return;
	done_in = thread;
	if (!isFull && counts == 2 && at == changes) {
		done = HALF;
		set(thread, offsetof(struct user_regs_struct, rdx), info.entry.args[2] / 2);
	} else if (isKill)
		kill(process_of(thread), SIGKILL);
	else {
		done = FAIL;
		set(thread, offsetof(struct user_regs_struct, orig_rax), (unsigned long long)-1);
	}
}

int main(int argc, char **argv)
{
	const char *fault = getenv("FAULT"), *number = getenv("FAULT_AT");
	if (argc < 2 || !fault || !number)
		return 2;
	isKill = !strcmp(fault, "kill");
	at = atol(number);
	word = getenv("FAULT_IN");
	root = fork();
	if (root == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	int status;
	waitpid(root, &status, 0);
	ptrace(PTRACE_SETOPTIONS, root, 0,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	ptrace(PTRACE_SYSCALL, root, 0, 0);
	for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
		if (!WIFSTOPPED(status)) {
			if (thread == root)
				return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			continue;
		}
		int number = WSTOPSIG(status);
		if (number == (SIGTRAP | 0x80))
			on_syscall(thread);
		/* a stop of the tracer's own, not a signal that was sent */
		bool isOwn = number == (SIGTRAP | 0x80) || status >> 16 != 0 || number == SIGSTOP;
		ptrace(PTRACE_SYSCALL, thread, 0, isOwn ? 0 : number);
	}
	return 1;
}
