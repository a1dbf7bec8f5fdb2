/* Stands between a process and its disk: reads that fail, reads that come short, and flushes that take their time.
 *
 * Loaded by LD_PRELOAD. Only files below SHIM_FOLDER are concerned. Orders are four numbers in the file SHIM_ORDERS, which is mapped, so
 * that they can be given while the process runs: every how manieth read fails (EIO), every how manieth comes short, how many milliseconds
 * a flush takes; the fourth counts what was done, for whoever gave the order. Zero means never. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { FAILING, SHORT, FLUSH_MS, DONE, ORDERS };

static volatile uint32_t *orders;
static char folder[4096];
static size_t folder_length;
static uint32_t reads;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SHIM_ORDERS");
    const char *below = getenv("SHIM_FOLDER");
    if (!path || !below || strlen(below) >= sizeof folder) return;
    strcpy(folder, below);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, ORDERS * sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED) return;
    folder_length = strlen(folder);
    orders = mapped;
}

static int concerned(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > (ssize_t)folder_length && memcmp(path, folder, folder_length) == 0 && path[folder_length] == '/';
}

static int is_turn(int order, uint32_t count) {
    uint32_t every = orders[order];
    if (every == 0 || count % every != 0) return 0;
    __atomic_add_fetch((uint32_t *)&orders[DONE], 1, __ATOMIC_RELAXED);
    return 1;
}

/* How many bytes a read may bring: none, fewer, or all that it asks for. */
static ssize_t allowed(int file, size_t asked) {
    if (!orders || (!orders[FAILING] && !orders[SHORT]) || asked == 0 || !concerned(file)) return asked;
    uint32_t count = __atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
    if (is_turn(FAILING, count)) return -1;
    return asked > 1 && is_turn(SHORT, count) ? (ssize_t)(asked / 2) : (ssize_t)asked;
}

static void flush(int file) {
    if (!orders || !orders[FLUSH_MS] || !concerned(file)) return;
    uint32_t ms = orders[FLUSH_MS];
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};
    nanosleep(&pause, NULL);
    __atomic_add_fetch((uint32_t *)&orders[DONE], 1, __ATOMIC_RELAXED);
}

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define REFUSE(file, count) \
    ssize_t count = allowed(file, asked); \
    if (count < 0) return errno = EIO, -1

ssize_t read(int file, void *bytes, size_t asked) {
    NEXT(read);
    REFUSE(file, count);
    return next(file, bytes, count);
}

ssize_t pread(int file, void *bytes, size_t asked, off_t at) {
    NEXT(pread);
    REFUSE(file, count);
    return next(file, bytes, count, at);
}

ssize_t pread64(int file, void *bytes, size_t asked, off64_t at) {
    NEXT(pread64);
    REFUSE(file, count);
    return next(file, bytes, count, at);
}

/* The C library reads for these by itself. One that comes short says "end of file", which a disk does not: they only fail. */
#undef fread_unlocked
size_t fread_unlocked(void *bytes, size_t size, size_t items, FILE *stream) {
    NEXT(fread_unlocked);
    if (orders && orders[FAILING] && allowed(fileno_unlocked(stream), size * items) < 0) return errno = EIO, 0;
    return next(bytes, size, items, stream);
}

int fsync(int file) {
    NEXT(fsync);
    flush(file);
    return next(file);
}

int fdatasync(int file) {
    NEXT(fdatasync);
    flush(file);
    return next(file);
}
