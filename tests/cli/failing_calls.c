/* Preloaded into afdc by outputs.py: the n-th of the calls that write files fails, writes half, or is the last thing that
 * the process does. AFDC_TEST_FAULT is "N:ERRNO", "N:half" or "N:kill"; calls are counted from 1. Where there is an n-th
 * call, `[fault]` is printed on stderr. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int calls;

/* What is to happen to this call: NULL for nothing. */
static const char* fault(void) {
  const char* what = getenv("AFDC_TEST_FAULT");
  if (!what || __sync_add_and_fetch(&calls, 1) != atoi(what)) return NULL;
  what = strchr(what, ':') + 1;
  REAL(write)(2, "[fault]", 7);
  if (strcmp(what, "kill") == 0) kill(getpid(), SIGKILL);
  if (strcmp(what, "half") != 0) errno = atoi(what);
  return what;
}

static int fails(void) {
  const char* what = fault();
  return what && strcmp(what, "half") != 0;
}

static int openAs(const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) && fails()) return -1;
  return REAL(open)(path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openAs(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openAs(path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  const char* what = descriptor > 2 ? fault() : NULL;
  if (what && strcmp(what, "half") != 0) return -1;
  return REAL(write)(descriptor, bytes, what ? count / 2 + 1 : count);
}

int fsync(int descriptor) { return fails() ? -1 : REAL(fsync)(descriptor); }
int fchmod(int descriptor, mode_t mode) { return fails() ? -1 : REAL(fchmod)(descriptor, mode); }
int rename(const char* from, const char* to) { return fails() ? -1 : REAL(rename)(from, to); }
int symlink(const char* to, const char* path) { return fails() ? -1 : REAL(symlink)(to, path); }
int mkdir(const char* path, mode_t mode) { return fails() ? -1 : REAL(mkdir)(path, mode); }
