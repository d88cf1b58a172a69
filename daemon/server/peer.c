/* Peer credentials come from the kernel; nothing that the client says counts. */
#include "peer.h"

#include <errno.h>
#include <grp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static bool group_find(const char *name, gid_t *ret) {
        const struct group *g = getgrnam(name);

        if (!g)
                return false;
        *ret = g->gr_gid;
        return true;
}

void peer_rules_init(PeerRules *r) {
        *r = (PeerRules){ .own = geteuid() };
        r->has_readers = group_find("tandem", &r->readers);
        r->has_admins = group_find("tandem-admin", &r->admins);
}

int peer_of_socket(int fd, Peer *ret) {
        struct ucred cred;
        socklen_t size = sizeof cred;
        gid_t *groups, none;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
                return -errno;
        size = 0;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &none, &size) < 0 && errno != ERANGE)
                return -errno;
        if (size > PEER_GROUPS_MAX * sizeof *groups)
                return -E2BIG;
        groups = xnew(gid_t, size / sizeof *groups + 1);
        if (size > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
                int r = -errno;

                free(groups);
                return r;
        }
        *ret = (Peer){ .uid = cred.uid, .groups = groups, .n_groups = size / sizeof *groups };
        ret->groups[ret->n_groups++] = cred.gid;
        return 0;
}

void peer_done(Peer *p) {
        free(p->groups);
        *p = (Peer){};
}

static bool peer_in_group(const Peer *p, gid_t group) {
        for (size_t i = 0; i < p->n_groups; i++)
                if (p->groups[i] == group)
                        return true;
        return false;
}

bool peer_may_change(const PeerRules *r, const Peer *p) {
        return p->uid == 0 || p->uid == r->own || (r->has_admins && peer_in_group(p, r->admins));
}

bool peer_may_read(const PeerRules *r, const Peer *p) {
        return peer_may_change(r, p) || (r->has_readers && peer_in_group(p, r->readers));
}

bool host_is_local(const char *host) {
        static const char *const local[] = { "localhost", "127.0.0.1", "[::1]" };

        if (isempty(host))
                return true;
        for (size_t i = 0; i < ARRAY_SIZE(local); i++) {
                size_t n = strlen(local[i]);

                if (strncasecmp(host, local[i], n) == 0 &&
                    (!host[n] ||
                     (host[n] == ':' && strspn(host + n + 1, "0123456789") == strlen(host + n + 1))))
                        return true;
        }
        return false;
}
