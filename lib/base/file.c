/* Bounded reading and atomic writing of small files. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void closep(int *fd) {
        if (*fd >= 0)
                close(*fd);
}

static int read_all(int fd, size_t max, char **ret, size_t *ret_size) {
        _cleanup_free_ char *data = xmalloc(4097);
        size_t size = 0, capacity = 4096;

        for (;;) {
                ssize_t n = read(fd, data + size, capacity - size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t) n;
                if (size > max)
                        return -EFBIG;
                if (size == capacity) {
                        capacity *= 2;
                        data = xrealloc(data, capacity + 1, 1);
                }
        }
        data[size] = '\0';
        *ret = TAKE_PTR(data);
        *ret_size = size;
        return 0;
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_size, struct stat *ret_stat) {
        /* Without O_NONBLOCK a named pipe in place of the file would hang the caller. */
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        if (ret_stat)
                *ret_stat = st;
        return read_all(fd, max, ret, ret_size);
}

static int write_all(int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t) n;
        }
        return fsync(fd) < 0 ? -errno : 0;
}

int file_write_atomic(const char *path, const void *data, size_t size, mode_t mode) {
        _cleanup_free_ char *temporary = xasprintf("%s.%ld.tmp", path, (long) getpid());
        int fd, r;

        fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd < 0)
                return -errno;
        r = write_all(fd, data, size);
        if (r == 0 && fchmod(fd, mode) < 0)
                r = -errno;
        close(fd);
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                (void) unlink(temporary);
        return r;
}

int mkdir_parents(const char *path, mode_t mode) {
        _cleanup_free_ char *copy = xstrdup(path);

        for (char *slash = copy + 1; *copy && (slash = strchr(slash, '/')); slash++) {
                *slash = '\0';
                if (mkdir(copy, mode) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return mkdir(copy, mode) < 0 && errno != EEXIST ? -errno : 0;
}

char *path_join(const char *directory, const char *name) {
        return xasprintf("%s%s%s", directory, endswith(directory, "/") ? "" : "/", name);
}
