/*
 * A disk that fails, for a program that does not know: preloaded, it stands between the program and the system for all
 * files below $SHIM_ROOT. It does two things.
 *
 * It keeps a journal in $SHIM_JOURNAL, one file for each process, of every change before it is made, with what was there
 * before, and of every sync. After the process was killed, faulty-disk.ts undoes from it what no sync had made durable:
 * then the disk is as a power cut would have left it.
 *
 * And it makes calls fail, wait or be the process's last, as $SHIM_CONTROL says: a file of words that the test changes
 * while the program runs (see `struct control`).
 *
 * What the program maps into memory is not seen. Neither node nor SQLite, as they are used here, writes that way.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum call { WRITE = 1, SYNC = 2, RENAME = 4, TRUNCATE = 8, CREATE = 16, UNLINK = 32, MKDIR = 64 };
enum action { FAIL = 1, DIE = 2, WAIT = 3, TEAR = 4 };

/* Shared with the test; 4-byte words in the machine's order, then the part of a path that is meant ("$" is its end). */
struct control {
  int32_t calls;      /* which calls are counted, as bits of `enum call`; 0: none */
  int32_t nth;        /* the first one that it happens to, counted from 1 */
  int32_t times;      /* to how many it happens; -1: to all that follow */
  int32_t action;
  int32_t value;      /* an errno for FAIL, milliseconds for WAIT */
  int32_t seen;       /* counted so far */
  int32_t done;       /* how often it has happened */
  int32_t unused;
  char path[96];
};

enum record { R_WRITE = 1, R_TRUNCATE, R_SYNC_BEGIN, R_SYNC_END, R_CREATE, R_RENAME, R_UNLINK, R_MKDIR };

/* What stands before the bytes of each record of the journal. */
struct header {
  uint32_t kind;
  uint32_t bytes;     /* that follow */
  uint64_t inode;     /* of the file, or of the directory whose entries change */
  uint64_t at;        /* of a write: offset; of a truncation: new size; of a sync: its number */
  uint64_t before;    /* size of the file before; of a sync's end: its errno; of a rename: the inode that moves */
  uint64_t length;    /* of a write */
  uint64_t time;      /* monotonic, in nanoseconds */
};

#define MOST_FILES 65536
static unsigned char watched[MOST_FILES];
static const char *root;
static size_t root_length;
static struct control *control;
static int journal = -1;
static uint64_t saved_files, syncs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...), (*real_close)(int);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_ftruncate)(int, off_t), (*real_fsync)(int), (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *), (*real_unlink)(const char *), (*real_remove)(const char *);
static int (*real_unlinkat)(int, const char *, int), (*real_mkdir)(const char *, mode_t);
static ssize_t (*real_write)(int, const void *, size_t), (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);

__attribute__((constructor)) static void begin(void) {
  real_open = dlsym(RTLD_NEXT, "open64"), real_openat = dlsym(RTLD_NEXT, "openat64"), real_close = dlsym(RTLD_NEXT, "close");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64"), real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync"), real_rename = dlsym(RTLD_NEXT, "rename");
  real_unlink = dlsym(RTLD_NEXT, "unlink"), real_remove = dlsym(RTLD_NEXT, "remove");
  real_unlinkat = dlsym(RTLD_NEXT, "unlinkat"), real_mkdir = dlsym(RTLD_NEXT, "mkdir");
  real_write = dlsym(RTLD_NEXT, "write"), real_pwrite = dlsym(RTLD_NEXT, "pwrite64"), real_writev = dlsym(RTLD_NEXT, "writev");
  root = getenv("SHIM_ROOT");
  root_length = root ? strlen(root) : 0;
  const char *path = getenv("SHIM_CONTROL");
  int file = path ? real_open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *memory = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) control = memory;
  real_close(file);
}

static int is_below_root(const char *path) {
  return root_length > 0 && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

/* The path of what is open, in a buffer of this thread. */
static const char *path_of(int fd) {
  static _Thread_local char path[PATH_MAX];
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  return path;
}

static uint64_t inode_of(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 ? status.st_ino : 0;
}

static uint64_t parent_inode(const char *path) {
  char parent[PATH_MAX];
  snprintf(parent, sizeof parent, "%s", path);
  char *slash = strrchr(parent, '/');
  if (slash != NULL) *slash = 0;
  return inode_of(parent);
}

static void note(struct header header, const void *bytes) {
  if (journal < 0) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%d.journal", getenv("SHIM_JOURNAL"), getpid());
    journal = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) abort();
  }
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  header.time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  struct iovec parts[] = {{&header, sizeof header}, {(void *)bytes, header.bytes}};
  if (real_writev(journal, parts, 2) != (ssize_t)(sizeof header + header.bytes)) abort();
}

/* The bytes from `from` to `to` as they are now go with the record. */
static void note_change(enum record kind, int fd, uint64_t at, uint64_t length, uint64_t from, uint64_t to) {
  struct stat status;
  fstat(fd, &status);
  uint64_t size = (uint64_t)status.st_size;
  uint64_t end = to < size ? to : size;
  size_t bytes = from < end ? end - from : 0;
  char *before = bytes > 0 ? malloc(bytes) : NULL;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int reader = bytes > 0 ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (bytes > 0 && pread(reader, before, bytes, (off_t)from) != (ssize_t)bytes) abort();
  if (reader >= 0) real_close(reader);
  note((struct header){kind, (uint32_t)bytes, status.st_ino, at, size, length, 0}, before);
  free(before);
}

/* Keeps what is at `path` under another name, so that it can be put back; the name is empty if nothing is there. */
static void save(const char *path, char *name) {
  name[0] = 0;
  if (inode_of(path) == 0) return;
  snprintf(name, PATH_MAX, "%s/saved-%d-%llu", getenv("SHIM_JOURNAL"), getpid(), (unsigned long long)++saved_files);
  if (link(path, name) != 0) name[0] = 0;
}

/* Where there is no directory for it the call will fail, and change nothing. */
static void note_entry(enum record kind, const char *path, const char *other, const char *saved, uint64_t moved) {
  if (parent_inode(path) == 0) return;
  char bytes[3 * PATH_MAX];
  int length = snprintf(bytes, sizeof bytes, "%s%c%s%c%s", path, 0, other, 0, saved);
  note((struct header){kind, (uint32_t)length, parent_inode(path), 0, moved, 0, 0}, bytes);
}

static int is_meant(const char *path) {
  const char *part = control->path;
  size_t length = strlen(part);
  if (length == 0 || part[length - 1] != '$') return strstr(path, part) != NULL;
  size_t whole = strlen(path);
  return whole >= length - 1 && strncmp(path + whole - (length - 1), part, length - 1) == 0;
}

/* Counts a call, and does what is to be done. 0: go on; -1: it has failed, and errno says why; 1: write half, then die. */
static int meddle(enum call call, const char *path) {
  if (control == NULL || (control->calls & call) == 0) return 0;
  if (!is_meant(path)) return 0;
  int32_t number = __sync_add_and_fetch(&control->seen, 1);
  if (number < control->nth || (control->times >= 0 && number >= control->nth + control->times)) return 0;
  __sync_add_and_fetch(&control->done, 1);
  switch (control->action) {
    case FAIL: errno = control->value; return -1;
    case DIE: kill(getpid(), SIGKILL); pause(); return 0;
    case WAIT: usleep((useconds_t)control->value * 1000); return 0;
    case TEAR: return 1;
    default: return 0;
  }
}

static int is_watched(int fd) { return fd >= 0 && fd < MOST_FILES && watched[fd]; }

static void watch(int fd) {
  if (fd >= 0 && fd < MOST_FILES) watched[fd] = (unsigned char)is_below_root(path_of(fd));
}

static int open_watched(int directory, const char *path, int flags, mode_t mode) {
  int creates = (flags & O_CREAT) != 0 && is_below_root(path) && inode_of(path) == 0;
  if (creates && meddle(CREATE, path) < 0) return -1;
  if (creates) {
    pthread_mutex_lock(&lock);
    note_entry(R_CREATE, path, "", "", 0);
  }
  int fd = real_openat(directory, path, flags, mode);
  if (creates) pthread_mutex_unlock(&lock);
  watch(fd);
  return fd;
}

#define OPEN(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) { OPEN(flags) return open_watched(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { OPEN(flags) return open_watched(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { OPEN(flags) return open_watched(directory, path, flags, mode); }
int openat64(int directory, const char *path, int flags, ...) { OPEN(flags) return open_watched(directory, path, flags, mode); }

int close(int fd) {
  if (fd >= 0 && fd < MOST_FILES) watched[fd] = 0;
  return real_close(fd);
}

static ssize_t write_watched(int fd, const struct iovec *parts, int count, off_t offset) {
  int outcome = meddle(WRITE, path_of(fd));
  if (outcome < 0) return -1;
  size_t length = 0;
  for (int part = 0; part < count; part++) length += parts[part].iov_len;
  pthread_mutex_lock(&lock);
  int appends = offset < 0 && (fcntl(fd, F_GETFL) & O_APPEND) != 0;
  off_t at = offset >= 0 ? offset : lseek(fd, 0, appends ? SEEK_END : SEEK_CUR);
  note_change(R_WRITE, fd, (uint64_t)at, length, (uint64_t)at, (uint64_t)at + length);
  ssize_t written;
  if (outcome > 0) {
    written = offset >= 0 ? real_pwrite(fd, parts[0].iov_base, parts[0].iov_len / 2, offset)
                          : real_write(fd, parts[0].iov_base, parts[0].iov_len / 2);
    kill(getpid(), SIGKILL);
    pause();
  } else if (offset >= 0) {
    written = real_pwrite(fd, parts[0].iov_base, parts[0].iov_len, offset);
  } else {
    written = real_writev(fd, parts, count);
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (!is_watched(fd)) return real_write(fd, bytes, length);
  return write_watched(fd, &(struct iovec){(void *)bytes, length}, 1, -1);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  return is_watched(fd) ? write_watched(fd, parts, count, -1) : real_writev(fd, parts, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  if (!is_watched(fd)) return real_pwrite(fd, bytes, length, offset);
  return write_watched(fd, &(struct iovec){(void *)bytes, length}, 1, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

int ftruncate64(int fd, off_t size) {
  if (!is_watched(fd)) return real_ftruncate(fd, size);
  if (meddle(TRUNCATE, path_of(fd)) < 0) return -1;
  pthread_mutex_lock(&lock);
  note_change(R_TRUNCATE, fd, (uint64_t)size, 0, (uint64_t)size, UINT64_MAX);
  int outcome = real_ftruncate(fd, size);
  pthread_mutex_unlock(&lock);
  return outcome;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

/* Only what was written before a sync begins is durable when it has ended. */
static int sync_watched(int fd, int (*sync)(int)) {
  struct stat status;
  fstat(fd, &status);
  pthread_mutex_lock(&lock);
  uint64_t number = ++syncs;
  note((struct header){R_SYNC_BEGIN, 0, status.st_ino, number, 0, 0, 0}, NULL);
  pthread_mutex_unlock(&lock);
  int outcome = meddle(SYNC, path_of(fd));
  if (outcome == 0) outcome = sync(fd);
  int error = outcome == 0 ? 0 : errno;
  pthread_mutex_lock(&lock);
  note((struct header){R_SYNC_END, 0, status.st_ino, number, (uint64_t)error, 0, 0}, NULL);
  pthread_mutex_unlock(&lock);
  errno = error;
  return outcome == 0 ? 0 : -1;
}

int fsync(int fd) { return is_watched(fd) ? sync_watched(fd, real_fsync) : real_fsync(fd); }
int fdatasync(int fd) { return is_watched(fd) ? sync_watched(fd, real_fdatasync) : real_fdatasync(fd); }

int rename(const char *from, const char *to) {
  if (!is_below_root(to)) return real_rename(from, to);
  if (meddle(RENAME, to) < 0) return -1;
  char saved[PATH_MAX];
  pthread_mutex_lock(&lock);
  save(to, saved);
  note_entry(R_RENAME, to, from, saved, inode_of(from));
  int outcome = real_rename(from, to);
  pthread_mutex_unlock(&lock);
  return outcome;
}

static int unlink_watched(const char *path, int (*remove_it)(const char *)) {
  struct stat status;
  int is_file = is_below_root(path) && lstat(path, &status) == 0 && !S_ISDIR(status.st_mode);
  if (!is_file) return remove_it(path);
  if (meddle(UNLINK, path) < 0) return -1;
  char saved[PATH_MAX];
  pthread_mutex_lock(&lock);
  save(path, saved);
  note_entry(R_UNLINK, path, "", saved, 0);
  int outcome = remove_it(path);
  pthread_mutex_unlock(&lock);
  return outcome;
}

int unlink(const char *path) { return unlink_watched(path, real_unlink); }
int remove(const char *path) { return unlink_watched(path, real_remove); }

int unlinkat(int directory, const char *path, int flags) {
  if (flags == 0 && path[0] == '/') return unlink(path);
  return real_unlinkat(directory, path, flags);
}

int mkdir(const char *path, mode_t mode) {
  if (!is_below_root(path)) return real_mkdir(path, mode);
  if (meddle(MKDIR, path) < 0) return -1;
  pthread_mutex_lock(&lock);
  if (inode_of(path) == 0) note_entry(R_MKDIR, path, "", "", 0);
  int outcome = real_mkdir(path, mode);
  pthread_mutex_unlock(&lock);
  return outcome;
}
