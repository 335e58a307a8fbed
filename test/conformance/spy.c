/*
 * Preloaded into the real rsync, tells how it read its command line, and lets nothing start.
 *
 * It stands in for main(), which it calls for each case in a child of its own, since starting rsync anew would take ten
 * times as long; for the three calls by which rsync uses popt; and for the first call by which it would start something
 * (execvp, getaddrinfo, and for a server or a local copy the first word of its protocol). There, or at exit, it writes a
 * report and ends the process.
 *
 * Cases come from the file SPY_CASES, and reports go to the file SPY_REPORT. Both are NUL-ended words: a case has a count
 * and as many arguments, then the same for its environment; a report has keys, each with a count and as many values.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct poptOption *table;
static const char *delivered[65536];
static int deliveredCount;
static const char **operands;
static int reported;
static int isChild;
static const char *reports;
/* Rows of a report: rsync's variables before it forked, since a local copy's child reads what -M holds */
static char *ownVariables;
static size_t ownSize;
static const char **started;
static int startedCount;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void words(FILE *out, const char *key, int count, const char *const *values)
{
	fprintf(out, "%s%c%d%c", key, 0, count, 0);
	for (int at = 0; at < count; at++)
		fprintf(out, "%s%c", values[at], 0);
}

static void variables(FILE *out, const char *owner)
{
	for (const struct poptOption *row = table; row && (row->longName || row->shortName || row->arg); row++) {
		char number[32], key[128];
		const char *value = number;
		int kind = row->argInfo & POPT_ARG_MASK;
		if (!row->arg || !row->longName)
			continue;
		if (kind == POPT_ARG_STRING)
			value = *(char **)row->arg;
		else if (kind == POPT_ARG_NONE || kind == POPT_ARG_INT || kind == POPT_ARG_VAL)
			snprintf(number, sizeof number, "%d", *(int *)row->arg);
		else
			continue;
		snprintf(key, sizeof key, "%s%s", owner, row->longName);
		if (value)
			words(out, key, 1, &value);
	}
}

static void report(const char *why)
{
	FILE *out;
	int count = 0;
	if (reported++ || !reports || !(out = fopen(reports, "ae")))
		return;
	words(out, "why", 1, &why);
	words(out, "delivered", deliveredCount, delivered);
	while (operands && operands[count])
		count++;
	words(out, operands ? "operands" : "no operands", count, operands);
	words(out, "started", startedCount, started);
	if (ownVariables)
		fwrite(ownVariables, 1, ownSize, out);
	variables(out, ownVariables ? "child's " : "");
	fclose(out);
}

static void stop(const char *why)
{
	report(why);
	_exit(0);
}

__attribute__((destructor)) static void atEnd(void)
{
	report("exit");
}

poptContext poptGetContext(const char *name, int argc, const char **argv, const struct poptOption *options, unsigned int flags)
{
	table = options;
	return REAL(poptGetContext)(name, argc, argv, options, flags);
}

int poptGetNextOpt(poptContext context)
{
	int code = REAL(poptGetNextOpt)(context);
	for (const struct poptOption *row = table; code > 0 && row && (row->longName || row->shortName || row->arg); row++) {
		if (row->val != code || deliveredCount == 65536)
			continue;
		char letter[2] = {row->shortName, 0};
		delivered[deliveredCount++] = row->longName ? row->longName : strdup(letter);
		break;
	}
	return code;
}

const char **poptGetArgs(poptContext context)
{
	const char **found = REAL(poptGetArgs)(context);
	int count = 0;
	while (found && found[count])
		count++;
	// what -M holds has no operands
	if (isChild)
		return found;
	// rsync frees the context, and these with it
	operands = calloc(count + 1, sizeof *operands);
	for (int at = 0; at < count; at++)
		operands[at] = strdup(found[at]);
	return found;
}

/* The child goes on until it shows what it is: a remote shell is exec'ed, a local copy begins to talk. */
pid_t fork(void)
{
	FILE *own = open_memstream(&ownVariables, &ownSize);
	pid_t child;
	variables(own, "");
	fclose(own);
	// rsync's own handler would take the child's status away
	signal(SIGCHLD, SIG_DFL);
	child = REAL(fork)();
	if (child > 0) {
		int status = 0;
		waitpid(child, &status, 0);
		if (WIFSIGNALED(status))
			kill(getpid(), WTERMSIG(status));
		_exit(WEXITSTATUS(status));
	}
	isChild = child == 0;
	return child;
}

int execvp(const char *file, char *const argv[])
{
	int count = 0;
	while (argv[count])
		count++;
	started = (const char **)argv;
	startedCount = count;
	stop("remote");
	return *file;
}

/* RSYNC_CONNECT_PROG */
int system(const char *command)
{
	started = &command;
	startedCount = 1;
	stop("daemon");
	return 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	const char *address[] = {node, service};
	(void)hints, (void)result;
	started = address;
	startedCount = service ? 2 : 1;
	stop("daemon");
	return EAI_FAIL;
}

int select(int count, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout)
{
	(void)count, (void)in, (void)out, (void)err, (void)timeout;
	stop(isChild ? "local" : "server");
	return -1;
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds, (void)count, (void)timeout;
	stop(isChild ? "local" : "server");
	return -1;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	if (isChild)
		stop("local");
	return REAL(read)(fd, buffer, size);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
	if (isChild)
		stop("local");
	return REAL(write)(fd, buffer, size);
}

/* rsync gives the other side a moment before it ends with an error; nobody is there. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time, (void)left;
	return 0;
}

/* Of processor time, which a busy machine does not use up: more than any case takes that ends by itself. A child of the
   case's own has no timer. */
static const struct itimerval mostTime = {{0, 0}, {0, 200000}};
static const struct rlimit mostSeconds = {1, 1};

static char **list(char **at)
{
	int count = atoi(*at);
	char **found = calloc(count + 1, sizeof *found);
	char *word = *at + strlen(*at) + 1;
	for (int each = 0; each < count; each++, word += strlen(word) + 1)
		found[each] = word;
	*at = word;
	return found;
}

static int (*rsyncMain)(int, char **, char **);

static void answer(char **argv, char **env, int said)
{
	char text[4096], number[32];
	const char *value = number;
	ssize_t size;
	int status = 0;
	FILE *out;
	pid_t child;
	if (ftruncate(said, 0) || lseek(said, 0, SEEK_SET))
		abort();
	child = REAL(fork)();
	if (child == 0) {
		int argc = 0;
		while (argv[argc])
			argc++;
		reported = 0;
		dup2(said, 2);
		setitimer(ITIMER_VIRTUAL, &mostTime, NULL);
		setrlimit(RLIMIT_CPU, &mostSeconds);
		environ = env;
		exit(rsyncMain(argc, argv, env));
	}
	waitpid(child, &status, 0);
	out = fopen(reports, "ae");
	snprintf(number, sizeof number, "%d", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	words(out, "exit status", 1, &value);
	size = pread(said, text, sizeof text - 1, 0);
	text[size > 0 ? size : 0] = 0;
	value = text;
	words(out, "standard error", 1, &value);
	words(out, "end of case", 0, NULL);
	fclose(out);
}

static int serve(int argc, char **argv, char **env)
{
	const char *path = getenv("SPY_CASES");
	FILE *in = path ? fopen(path, "re") : NULL;
	int said = open(getenv("SPY_STDERR"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct stat stats;
	char *text, *at;
	(void)argc, (void)argv, (void)env;
	reports = getenv("SPY_REPORT");
	reported = 1;
	if (!in || said < 0 || !reports || fstat(fileno(in), &stats))
		return 99;
	text = calloc(stats.st_size + 1, 1);
	if (fread(text, 1, stats.st_size, in) != (size_t)stats.st_size)
		return 99;
	for (at = text; *at;) {
		char **words = list(&at);
		char **variables = list(&at);
		answer(words, variables, said);
	}
	return 0;
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
	void (*finish)(void), void *stack)
{
	int (*start)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
		(__typeof__(start))dlsym(RTLD_NEXT, "__libc_start_main");
	rsyncMain = main;
	return start(serve, argc, argv, init, fini, finish, stack);
}
