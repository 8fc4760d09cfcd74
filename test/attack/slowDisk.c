/*
 * A slow disk for the files of one folder, PEFT_SLOW_FOLDER: opening and reading them takes 200 ms each. Preload this
 * library into a process (LD_PRELOAD). Linux only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DELAY_US = 200000 };

static int is_slow(const char *path) {
  const char *folder = getenv("PEFT_SLOW_FOLDER");
  return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static void delay_file(int file) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  if (is_slow(path)) usleep(DELAY_US);
}

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define SLOW_READ(name, parameters, ...)       \
  ssize_t name parameters {                    \
    delay_file(file);                          \
    return ORIGINAL(name)(__VA_ARGS__);        \
  }

SLOW_READ(read, (int file, void *buffer, size_t count), file, buffer, count)
SLOW_READ(pread, (int file, void *buffer, size_t count, off_t offset), file, buffer, count, offset)
SLOW_READ(pread64, (int file, void *buffer, size_t count, off64_t offset), file, buffer, count, offset)
SLOW_READ(readv, (int file, const struct iovec *parts, int count), file, parts, count)
SLOW_READ(preadv, (int file, const struct iovec *parts, int count, off_t offset), file, parts, count, offset)
SLOW_READ(preadv64, (int file, const struct iovec *parts, int count, off64_t offset), file, parts, count, offset)

#define SLOW_OPEN(name)                                \
  int name(const char *path, int flags, ...) {         \
    va_list rest;                                      \
    va_start(rest, flags);                             \
    int mode = va_arg(rest, int);                      \
    va_end(rest);                                      \
    if (is_slow(path)) usleep(DELAY_US);               \
    return ORIGINAL(name)(path, flags, mode);          \
  }

SLOW_OPEN(open)
SLOW_OPEN(open64)
