/* faults COMMAND…: runs it, and makes the FAULT_AT-th change that it makes to the disk its last one (FAULT=kill, as
 * kill -9), or one that fails (FAULT=ENOSPC). From outside, so that it is the same for each build.
 *
 * Counted are the changes of COMMAND's own process; with FAULT_IN=WORD those of processes with that argument. A write
 * counts twice: none of it, and half of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

/* The thread whose write of a half is its process's last change. */
static pid_t dying;

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

/* The system calls that change the disk. */
static const int changing[] = {
	SYS_open, SYS_openat, SYS_write, SYS_pwrite64, SYS_mkdir, SYS_mkdirat, SYS_rename, SYS_renameat, SYS_renameat2,
	SYS_link, SYS_linkat, SYS_chmod, SYS_fchmod, SYS_fchmodat, SYS_unlink, SYS_unlinkat, SYS_rmdir, SYS_fsync, SYS_ftruncate,
};
enum { COUNT = sizeof changing / sizeof *changing };

/* Has the kernel stop at these alone: at each one, Node's start alone would take many times as long. */
static void trace_changes(void)
{
	struct sock_filter filter[COUNT + 3] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	for (int i = 0; i < COUNT; i++)
		filter[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)changing[i], COUNT - i, 0);
	filter[COUNT + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[COUNT + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	struct sock_fprog all = { COUNT + 3, filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all))
		_exit(126);
}

/* How often one of them counts as a change. */
static int weight(pid_t thread, const struct user_regs_struct *args)
{
	switch (args->orig_rax) {
	case SYS_open: return creates(args->rsi);
	case SYS_openat: return creates(args->rdx);
	case SYS_write: case SYS_pwrite64: return is_file(thread, (int)args->rdi) ? 2 : 0;
	default: return 1;
	}
}

static void set(pid_t thread, size_t register_, unsigned long long value)
{
	ptrace(PTRACE_POKEUSER, thread, register_, value);
}

/* Before a system call is made. Whether the thread is to stop again when it has been made. */
static bool on_change(pid_t thread)
{
	struct user_regs_struct args;
	if (ptrace(PTRACE_GETREGS, thread, 0, &args) < 0)
		return false;
	int counts = weight(thread, &args);
	if (counts == 0 || !is_meant(thread))
		return false;
	long before = changes;
	changes += counts;
	/* a disk that is full stays so */
	bool isFull = !isKill && counts == 2 && at <= before;
	if (!isFull && (at <= before || at > changes))
		return false;
	if (!isFull && counts == 2 && at == changes) {
		set(thread, offsetof(struct user_regs_struct, rdx), args.rdx / 2);
		dying = isKill ? thread : 0;
		return isKill;
	}
	if (isKill)
		kill(process_of(thread), SIGKILL);
	else {
		/* the call is left out, and this is its result */
		set(thread, offsetof(struct user_regs_struct, orig_rax), (unsigned long long)-1);
		set(thread, offsetof(struct user_regs_struct, rax), (unsigned long long)-ENOSPC);
	}
	return false;
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
		trace_changes();
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	int status;
	waitpid(root, &status, 0);
	ptrace(PTRACE_SETOPTIONS, root, 0,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	               PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP);
	ptrace(PTRACE_CONT, root, 0, 0);
	for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
		if (!WIFSTOPPED(status)) {
			if (thread == root)
				return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			continue;
		}
		int number = WSTOPSIG(status);
		bool stopsAgain = status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) && on_change(thread);
		if (number == (SIGTRAP | 0x80) && thread == dying)
			kill(process_of(thread), SIGKILL);
		/* a stop of the tracer's own, not a signal that was sent */
		bool isOwn = number == (SIGTRAP | 0x80) || status >> 16 != 0 || number == SIGSTOP;
		ptrace(stopsAgain ? PTRACE_SYSCALL : PTRACE_CONT, thread, 0, isOwn ? 0 : number);
	}
	return 1;
}
