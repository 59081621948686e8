// What the C library tells a program of the world, changed while it runs. Loaded by LD_PRELOAD;
// the file WORLD holds the seconds that the clock is wrong by, and the error that writes to files meet.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void world(long *seconds, int *error) {
    *seconds = 0;
    *error = 0;
    const char *path = getenv("WORLD");
    int file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    char text[64] = {0};
    if (syscall(SYS_read, file, text, sizeof text - 1) > 0)
        sscanf(text, "%ld %d", seconds, error);
    syscall(SYS_close, file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int failed = syscall(SYS_clock_gettime, clock, time);
    if (failed || clock != CLOCK_REALTIME)
        return failed;
    long seconds;
    int error;
    world(&seconds, &error);
    time->tv_sec += seconds;
    return 0;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    long seconds;
    int error;
    world(&seconds, &error);
    if (error) {
        errno = error;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, length, at);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    return pwrite64(file, bytes, length, at);
}
