/* The socket's file: who may reach it, and whether what lies there is somebody's or a dead one's. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

#include "base/file.h"
#include "base/log.h"

#define DIRECTORY_MODE 0750
#define SOCKET_MODE    0660

static void closep(int *fd) {
        if (*fd >= 0)
                (void) close(*fd);
}

/* Makes the directory when it is missing and gives it to the readers, who could not pass through it otherwise. */
static int make_directory(const char *path, const PeerRules *rules) {
        _cleanup_free_ char *directory = xstrdup(path);
        char *slash = strrchr(directory, '/');
        struct stat st;
        int r;

        if (!slash || slash == directory)
                return 0;
        *slash = '\0';
        if (stat(directory, &st) == 0)
                return 0;
        r = mkdir_parents(directory, DIRECTORY_MODE);
        if (r < 0)
                return r;
        if (rules->has_readers)
                (void) chown(directory, (uid_t) -1, rules->readers);
        return 0;
}

/* 0: nothing is in the way any more. */
static int remove_stale(const struct sockaddr_un *address) {
        _cleanup_(closep) int fd = -1;
        struct stat st;

        if (lstat(address->sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) address, sizeof *address) >= 0 || errno == EAGAIN)
                return -EADDRINUSE;
        if (errno != ECONNREFUSED)
                return -errno;
        return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int bind_listen(int fd, const struct sockaddr_un *address, const PeerRules *rules) {
        mode_t mask = umask(~SOCKET_MODE & 0777);
        int r = bind(fd, (const struct sockaddr *) address, sizeof *address) < 0 ? -errno : 0;

        (void) umask(mask);
        if (r < 0)
                return r;
        if (rules->has_readers && chown(address->sun_path, (uid_t) -1, rules->readers) < 0)
                log_warning("%s cannot be given to the group tandem, whose members cannot connect: %s",
                            address->sun_path, strerror(errno));
        return listen(fd, SOMAXCONN) < 0 ? -errno : 0;
}

static int open_listening(const struct sockaddr_un *address, const PeerRules *rules, int *ret) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

        if (fd < 0)
                return -errno;
        r = bind_listen(fd, address, rules);
        if (r < 0) {
                (void) close(fd);
                return r;
        }
        *ret = fd;
        return 0;
}

int listen_unix(const char *path, const PeerRules *rules, int *ret, char **reterr) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        size_t n = strlen(path);
        int r;

        if (n >= sizeof address.sun_path) {
                *reterr = xasprintf("%s: a socket's path has at most %zu bytes", path,
                                    sizeof address.sun_path - 1);
                return -ENAMETOOLONG;
        }
        memcpy(address.sun_path, path, n);
        r = make_directory(path, rules);
        if (r >= 0)
                r = remove_stale(&address);
        if (r >= 0)
                r = open_listening(&address, rules, ret);
        if (r == -EADDRINUSE)
                *reterr = xasprintf("%s: another process listens there", path);
        else if (r == -EEXIST)
                *reterr = xasprintf("%s: is there and is no socket", path);
        else if (r < 0)
                *reterr = xasprintf("%s: %s", path, strerror(-r));
        return r;
}
