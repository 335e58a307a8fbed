/*
 * Preloaded into the real rsync, tells how it read its command line, and lets nothing start.
 *
 * It stands in for the three calls by which rsync uses popt, and for the first call by which it would start something
 * (execvp, getaddrinfo, and for a server or a local copy the first word of its protocol). There, or at exit, it writes a
 * report and ends the process. The report goes to the file that SPY_REPORT names, as NUL-ended words: a key, a count, and
 * as many values.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct poptOption *table;
static const char *delivered[65536];
static int deliveredCount;
static const char **operands;
static int reported;
static int isChild;
static const char **started;
static int startedCount;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void words(FILE *out, const char *key, int count, const char *const *values)
{
	fprintf(out, "%s%c%d%c", key, 0, count, 0);
	for (int at = 0; at < count; at++)
		fprintf(out, "%s%c", values[at], 0);
}

static void variables(FILE *out)
{
	for (const struct poptOption *row = table; row && (row->longName || row->shortName || row->arg); row++) {
		char number[32];
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
		if (value)
			words(out, row->longName, 1, &value);
	}
}

static void report(const char *why)
{
	const char *path = getenv("SPY_REPORT");
	FILE *out;
	int count = 0;
	if (reported++ || !path || !(out = fopen(path, "we")))
		return;
	words(out, "why", 1, &why);
	words(out, "delivered", deliveredCount, delivered);
	while (operands && operands[count])
		count++;
	words(out, operands ? "operands" : "no operands", count, operands);
	words(out, "started", startedCount, started);
	variables(out);
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
	// a local copy's receiving child reads what -M holds
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
	pid_t child = REAL(fork)();
	if (child > 0) {
		int status = 0;
		waitpid(child, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
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

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	(void)node, (void)service, (void)hints, (void)result;
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
