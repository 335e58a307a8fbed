/* compile FILE…: writes the modules as the bytecode that host.c reads, to standard output; the first one is the entry.
 * It runs where the executable is built, which may be another machine than it is built for. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"

/* The others are compiled by themselves, and "host" is of C: only names are needed here. */
static JSModuleDef *name_module(JSContext *ctx, const char *name, void *opaque)
{
	(void)opaque;
	return JS_NewCModule(ctx, name, NULL);
}

static void fail(const char *file, const char *why)
{
	fprintf(stderr, "%s: %s\n", file, why);
	exit(1);
}

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0)
		fail(path, "can't be read");
	*size = (size_t)ftell(file);
	rewind(file);
	char *text = malloc(*size + 1);
	if (!text || fread(text, 1, *size, file) != *size)
		fail(path, "can't be read");
	text[*size] = 0;
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		JSRuntime *runtime = JS_NewRuntime();
		JSContext *ctx = JS_NewContext(runtime);
		JS_SetModuleLoaderFunc(runtime, NULL, name_module, NULL);
		JS_SetStripInfo(runtime, JS_STRIP_DEBUG);
		size_t size, length;
		char *text = read_file(argv[i], &length);
		const char *slash = strrchr(argv[i], '/'), *name = slash ? slash + 1 : argv[i];
		JSValue module = JS_Eval(ctx, text, length, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
		if (JS_IsException(module))
			fail(argv[i], JS_ToCString(ctx, JS_GetException(ctx)));
		uint8_t *bytecode = JS_WriteObject(ctx, &size, module, JS_WRITE_OBJ_BYTECODE);
		uint32_t written = (uint32_t)size;
		fwrite(name, 1, strlen(name) + 1, stdout);
		fwrite(&written, sizeof written, 1, stdout);
		fwrite(bytecode, 1, size, stdout);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
