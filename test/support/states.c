/*
 * Starts a program in a given state, and tells what arrived and how it ended. Compiled once, it is both ends:
 *
 *     states REPORT STATE… -- COMMAND…   puts a child into these states, has it become COMMAND, and adds to the report
 *                                        what its parent sees of it
 *     rsync …                            the "real rsync": writes its own state to the report, and ends as asked
 *
 * The environment names the report (STATES_REPORT) and the end (STATES_END: exit:CODE, kill:SIGNAL, nap, answer, catch, wait).
 * Each line of a report is NAME=VALUE. Pids are told as what they are equal to.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const struct { const char *name; int number; } signals[] = {
	{"HUP", SIGHUP}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"ABRT", SIGABRT}, {"KILL", SIGKILL}, {"USR1", SIGUSR1},
	{"SEGV", SIGSEGV}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"CHLD", SIGCHLD},
	{"CONT", SIGCONT}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU}, {"URG", SIGURG},
	{"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},
};

static int signalOf(const char *name)
{
	for (size_t at = 0; at < sizeof signals / sizeof *signals; at++)
		if (!strcmp(signals[at].name, name))
			return signals[at].number;
	fprintf(stderr, "states: no signal %s\n", name);
	exit(99);
}

static const char *nameOf(int number)
{
	static char text[16];
	for (size_t at = 0; at < sizeof signals / sizeof *signals; at++)
		if (signals[at].number == number)
			return signals[at].name;
	snprintf(text, sizeof text, "%d", number);
	return text;
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* ---- what arrived ---- */

static const char *equalTo(long number, const char *variable, const char *as)
{
	static char text[32];
	const char *known = getenv(variable);
	if (known && atol(known) == number)
		return as;
	snprintf(text, sizeof text, number == getpid() ? "rsync" : "another");
	return text;
}

/* masks, credentials and the like, as the kernel words them */
static void status(FILE *out)
{
	static const char *const told[] = {"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
		"Seccomp", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "Umask", "Cpus_allowed", "Mems_allowed", "THP_enabled",
		"CoreDumping", "Speculation_Store_Bypass", "SpeculationIndirectBranch"};
	char line[4096];
	FILE *in = fopen("/proc/self/status", "re");
	while (in && fgets(line, sizeof line, in)) {
		char *end = strchr(line, ':');
		if (!end)
			continue;
		*end = 0;
		for (size_t at = 0; at < sizeof told / sizeof *told; at++)
			if (!strcmp(line, told[at]))
				fprintf(out, "%s=%s", line, end + 1 + strspn(end + 1, " \t"));
	}
	if (in)
		fclose(in);
}

static void file(FILE *out, const char *name, const char *path)
{
	char text[256] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (size > 0 && text[size - 1] == '\n')
		text[size - 1] = 0;
	fprintf(out, "%s=%s\n", name, size < 0 ? strerror(errno) : text);
}

static void descriptors(FILE *out)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct stat stats;
		int flags = fcntl(fd, F_GETFD), opened = fcntl(fd, F_GETFL);
		if (flags < 0 || fd == fileno(out) || fstat(fd, &stats))
			continue;
		// on 2 the guard may have said something
		fprintf(out, "fd %d=type %o, flags %o, %s, at %ld, %s\n", fd, stats.st_mode & S_IFMT, opened,
			flags & FD_CLOEXEC ? "closed on exec" : "inherited", fd == 2 ? 0 : (long)lseek(fd, 0, SEEK_CUR),
			isatty(fd) ? "terminal" : "no terminal");
	}
}

static void limits(FILE *out)
{
	for (int which = 0; which < RLIM_NLIMITS; which++) {
		struct rlimit limit;
		if (!getrlimit(which, &limit))
			fprintf(out, "limit %d=%ld %ld\n", which, (long)limit.rlim_cur, (long)limit.rlim_max);
	}
}

static int byText(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* what a client's program sees: where a name stands twice, the first counts */
static void variables(FILE *out)
{
	int count = 0;
	unsigned long order = 5381;
	for (char **one = environ; *one; one++, count++)
		for (const char *at = *one; *at; at++)
			order = order * 33 + (unsigned char)*at;
	fprintf(out, "environment's order=%lx\n", order);
	qsort(environ, count, sizeof *environ, byText);
	for (char **one = environ; *one; one++) {
		fputs("variable ", out);
		for (const char *at = *one; *at; at++)
			*at == '\n' ? fputs("\\n", out) : fputc(*at, out);
		fputc('\n', out);
	}
}

static void report(int argc, char **argv)
{
	char path[4096], text[4096];
	const char *name = getenv("STATES_REPORT");
	struct itimerval timer;
	struct termios termios;
	struct sched_param param;
	pid_t session = getsid(0);
	int value = 0;
	snprintf(path, sizeof path, "%s.part", name);
	// far from the descriptors that are looked at
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		// the plan of a dry run comes after it
		exit(0);
	FILE *out = fdopen(fd, "w");
	status(out);
	descriptors(out);
	limits(out);
	fprintf(out, "rsync=%d\n", getpid());
	fprintf(out, "pid=%s\n", equalTo(getpid(), "STATES_CHILD", "the child"));
	fprintf(out, "parent=%s\n", equalTo(getppid(), "STATES_PARENT", "the caller"));
	fprintf(out, "process group=%s\n", equalTo(getpgrp(), "STATES_GROUP", "the child's"));
	fprintf(out, "session=%s\n", equalTo(session, "STATES_SESSION", "the child's"));
	fprintf(out, "dumpable=%d\nsecure=%ld\n", prctl(PR_GET_DUMPABLE), getauxval(AT_SECURE));
	fprintf(out, "securebits=%d\nkeepcaps=%d\n", prctl(PR_GET_SECUREBITS), prctl(PR_GET_KEEPCAPS));
	prctl(PR_GET_PDEATHSIG, &value);
	fprintf(out, "signal at the parent's end=%d\n", value);
	prctl(PR_GET_CHILD_SUBREAPER, &value);
	fprintf(out, "subreaper=%d\n", value);
	getitimer(ITIMER_REAL, &timer);
	fprintf(out, "alarm=%s\n", timer.it_value.tv_sec || timer.it_value.tv_usec ? "set" : "not set");
	fprintf(out, "timer slack=%d\nmachine check=%d\n", prctl(PR_GET_TIMERSLACK), prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	fprintf(out, "nice=%d\nscheduler=%d\n", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0));
	sched_getparam(0, &param);
	fprintf(out, "realtime priority=%d\nio priority=%ld\n", param.sched_priority, syscall(SYS_ioprio_get, 1, 0));
	fprintf(out, "personality=%x\n", personality(0xffffffff));
	file(out, "oom score", "/proc/self/oom_score_adj");
	file(out, "core dump filter", "/proc/self/coredump_filter");
	ssize_t size = readlink("/proc/self/cwd", text, sizeof text - 1);
	text[size < 0 ? 0 : size] = 0;
	fprintf(out, "directory=%s\n", text);
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	fprintf(out, "controlling terminal=%s\n", terminal < 0 ? "none" : "there");
	if (terminal >= 0) {
		fprintf(out, "foreground=%s\n", tcgetpgrp(terminal) == getpgrp() ? "yes" : "no");
		tcgetattr(terminal, &termios);
		fprintf(out, "terminal's modes=%x %x %x %x\n", termios.c_iflag, termios.c_oflag, termios.c_cflag, termios.c_lflag);
		close(terminal);
	}
	fprintf(out, "argv[0]=%s\n", argv[0]);
	for (int at = 1; at < argc; at++)
		fprintf(out, "argv[%d]=%s\n", at, argv[at]);
	variables(out);
	fclose(out);
	rename(path, name);
}

static void caught(int signal)
{
	(void)signal;
	_exit(20);
}

static int asRsync(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("rsync  version 3.2.7  protocol version 31");
		return 0;
	}
	const char *end = getenv("STATES_END");
	char *copy = end ? strdup(end) : "exit:0";
	if (!strcmp(copy, "catch"))
		// as rsync does, whatever is ignored
		sigaction(SIGHUP, &(struct sigaction){.sa_handler = caught}, NULL);
	report(argc, argv);
	if (!strncmp(copy, "exit:", 5))
		return atoi(copy + 5);
	if (!strncmp(copy, "kill:", 5)) {
		signal(signalOf(copy + 5), SIG_DFL);
		raise(signalOf(copy + 5));
	}
	if (!strcmp(copy, "answer")) {
		// the caller sends its answer when the first byte has reached it
		char byte;
		if (write(1, "x", 1) != 1 || read(0, &byte, 1) != 1)
			return 98;
		return byte;
	}
	if (!strcmp(copy, "nap")) {
		for (int naps = 0; naps < 50; naps++)
			nap();
		return 0;
	}
	for (int naps = 0; naps < 2000; naps++)
		nap();
	return 97;
}

/* ---- the states ---- */

static long numberIn(const char **text)
{
	char *end;
	long number = strtol(*text, &end, 0);
	*text = *end ? end + 1 : end;
	return number;
}

static const char *sent, *sentToGroup, *calledName;
static int onTerminal, inBackground, answers;

static int behind(const char *word, const char *name, const char **value)
{
	size_t length = strlen(name);
	if (strncmp(word, name, length) || word[length] != ':')
		return 0;
	*value = word + length + 1;
	return 1;
}

/* What the parent does; 0 where it is a state of the child. */
static int isParents(const char *word)
{
	if (behind(word, "send", &sent) || behind(word, "group", &sentToGroup))
		return 1;
	if (!strcmp(word, "terminal"))
		return onTerminal = 1;
	if (!strcmp(word, "background"))
		return onTerminal = inBackground = 1;
	if (!strcmp(word, "answer"))
		return answers = 1;
	return 0;
}

static void enter(const char *word)
{
	const char *value;
	sigset_t set;
	if (behind(word, "block", &value)) {
		sigemptyset(&set);
		sigaddset(&set, signalOf(value));
		sigprocmask(SIG_BLOCK, &set, NULL);
	} else if (behind(word, "ignore", &value))
		signal(signalOf(value), SIG_IGN);
	else if (behind(word, "open", &value)) {
		long first = numberIn(&value), last = numberIn(&value);
		int file = open("/etc/passwd", O_RDONLY);
		for (long fd = first; fd <= last; fd++)
			if (fd != file)
				dup2(file, fd);
		if (file < first || file > last)
			close(file);
	} else if (behind(word, "close", &value))
		close(numberIn(&value));
	else if (behind(word, "limit", &value)) {
		int which = numberIn(&value);
		rlim_t most = numberIn(&value);
		setrlimit(which, &(struct rlimit){most, most});
	} else if (behind(word, "nice", &value))
		setpriority(PRIO_PROCESS, 0, numberIn(&value));
	else if (behind(word, "umask", &value))
		umask(numberIn(&value));
	else if (behind(word, "ioprio", &value))
		syscall(SYS_ioprio_set, 1, 0, numberIn(&value));
	else if (behind(word, "scheduler", &value))
		sched_setscheduler(0, numberIn(&value), &(struct sched_param){0});
	else if (behind(word, "affinity", &value)) {
		cpu_set_t cpus;
		CPU_ZERO(&cpus);
		CPU_SET(numberIn(&value), &cpus);
		sched_setaffinity(0, sizeof cpus, &cpus);
	} else if (behind(word, "slack", &value))
		prctl(PR_SET_TIMERSLACK, numberIn(&value));
	else if (behind(word, "personality", &value))
		personality(numberIn(&value));
	else if (behind(word, "alarm", &value))
		setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_sec = numberIn(&value)}, NULL);
	else if (behind(word, "pdeath", &value))
		prctl(PR_SET_PDEATHSIG, signalOf(value));
	else if (!strcmp(word, "subreaper"))
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	else if (!strcmp(word, "session"))
		setsid();
	else if (behind(word, "gone", &value)) {
		char inside[4096];
		snprintf(inside, sizeof inside, "../%s", value);
		mkdir(value, 0777);
		if (chdir(value) || rmdir(inside))
			exit(99);
	} else if (behind(word, "uids", &value)) {
		long real = numberIn(&value), effective = numberIn(&value), saved = numberIn(&value);
		if (setresuid(real, effective, saved))
			exit(99);
	} else if (behind(word, "gids", &value)) {
		long real = numberIn(&value), effective = numberIn(&value), saved = numberIn(&value);
		gid_t groups[] = {4, 24};
		if (setgroups(2, groups) || setresgid(real, effective, saved))
			exit(99);
	} else if (behind(word, "set", &value))
		putenv((char *)value);
	else if (behind(word, "called", &value))
		calledName = value;
	else {
		fprintf(stderr, "states: no state %s\n", word);
		exit(99);
	}
}

static void tell(const char *variable, long number)
{
	char text[32];
	snprintf(text, sizeof text, "%ld", number);
	setenv(variable, text, 1);
}

static int endOf(int state)
{
	return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

/* A job in the background of a terminal that is set to stop those that write; this process is its shell. */
static void leaveInBackground(void)
{
	struct termios termios;
	int state;
	tcgetattr(0, &termios);
	termios.c_lflag |= TOSTOP;
	tcsetattr(0, TCSANOW, &termios);
	pid_t job = fork();
	if (job == 0) {
		setpgid(0, 0);
		return;
	}
	waitpid(job, &state, WUNTRACED);
	if (WIFSTOPPED(state))
		kill(-job, SIGKILL);
	_exit(WIFSTOPPED(state) ? WSTOPSIG(state) : endOf(state));
}

/* The number in that line of the report. */
static pid_t numberOf(const char *path, const char *name)
{
	char line[4096];
	pid_t number = 0;
	FILE *in = fopen(path, "re");
	while (in && fgets(line, sizeof line, in))
		if (!strncmp(line, name, strlen(name)))
			number = atoi(line + strlen(name));
	if (in)
		fclose(in);
	return number;
}

/* Whether a process comes to be stopped soon. */
static const char *isStopped(pid_t pid)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	for (int naps = 0; naps < 100; naps++, nap()) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
		text[size < 0 ? 0 : size] = 0;
		close(fd);
		if (strstr(text, ") T "))
			return "yes";
	}
	return "no";
}

static pid_t child;
static volatile int isLate;

/* One that never ends is a difference too. */
static void giveUp(int signal)
{
	(void)signal;
	isLate = 1;
	kill(child, SIGKILL);
}

/* Processes that outlive the child become this one's. They have a little time to end. */
static const char *leftBehind(pid_t rsync)
{
	int any = 0;
	for (int naps = 0; naps < 300; naps++, nap()) {
		pid_t ended = waitpid(-1, NULL, WNOHANG);
		if (ended < 0)
			return any ? "yes" : "no";
		if (naps == 200 && rsync > 0) {
			any = kill(rsync, SIGKILL) == 0;
		}
	}
	return "yes";
}

int main(int argc, char **argv)
{
	const char *own = strrchr(argv[0], '/');
	if (!strcmp(own ? own + 1 : argv[0], "rsync"))
		return asRsync(argc, argv);
	const char *path = argv[1], *stopped = NULL;
	int command = 2, master = -1, state, in[2], out[2];
	while (command < argc && strcmp(argv[command], "--"))
		command++;
	for (int at = 2; at < command; at++)
		isParents(argv[at]);
	setenv("STATES_REPORT", path, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return 99;
	child = onTerminal ? forkpty(&master, NULL, NULL, NULL) : fork();
	if (child == 0) {
		if (inBackground)
			leaveInBackground();
		if (answers) {
			dup2(in[0], 0);
			dup2(out[1], 1);
		}
		if (sentToGroup)
			setpgid(0, 0);
		for (int at = 2; at < command; at++)
			if (!isParents(argv[at]))
				enter(argv[at]);
		tell("STATES_PARENT", getppid());
		tell("STATES_CHILD", getpid());
		tell("STATES_GROUP", getpgrp());
		tell("STATES_SESSION", getsid(0));
		const char *program = argv[command + 1];
		if (calledName)
			argv[command + 1] = (char *)calledName;
		execv(program, argv + command + 1);
		_exit(127);
	}
	signal(SIGALRM, giveUp);
	alarm(5);
	if (answers) {
		char byte;
		if (read(out[0], &byte, 1) == 1 && write(in[1], "\5", 1) != 1)
			return 99;
	}
	if (sent || sentToGroup) {
		struct stat stats;
		int signal = signalOf(sent ? sent : sentToGroup);
		for (int naps = 0; stat(path, &stats) && naps < 5000; naps++)
			nap();
		kill(sent ? child : -child, signal);
		if (signal == SIGSTOP) {
			stopped = isStopped(numberOf(path, "rsync="));
			kill(numberOf(path, "rsync="), SIGKILL);
			kill(child, SIGKILL);
		}
	}
	if (master >= 0) {
		char shown[65536];
		for (ssize_t size; (size = read(master, shown, sizeof shown)) > 0;)
			fwrite(shown, 1, size, stdout);
	}
	waitpid(child, &state, 0);
	const char *left = leftBehind(numberOf(path, "rsync="));
	FILE *more = fopen(path, "ae");
	if (isLate)
		fprintf(more, "end=never\n");
	else if (WIFEXITED(state))
		fprintf(more, "end=exit code %d\n", WEXITSTATUS(state));
	else
		fprintf(more, "end=signal %s\n", nameOf(WTERMSIG(state)));
	fprintf(more, "left behind=%s\n", left);
	if (stopped)
		fprintf(more, "stopped=%s\n", stopped);
	fclose(more);
	return 0;
}
