/* Who is at the other end of a connection, and what that allows. Reading is for root, the daemon's own user and the groups
 * `tandem` and `tandem-admin`; changing for root, the own user and `tandem-admin`. */
#pragma once

#include <sys/types.h>

#include "base/alloc.h"

#define PEER_GROUPS_MAX 65536

typedef struct Peer {
        uid_t uid;
        gid_t *groups; /* the main one and the others */
        size_t n_groups;
} Peer;

/* The rules, with the groups' numbers as they were when the server began. */
typedef struct PeerRules {
        uid_t own;
        gid_t readers, admins;
        bool has_readers, has_admins; /* the group exists on this machine */
} PeerRules;

void peer_rules_init(PeerRules *r);

/* The kernel's word on a connected Unix socket. */
int peer_of_socket(int fd, Peer *ret);
void peer_done(Peer *p);
#define _cleanup_peer_ _cleanup_(peer_done)

bool peer_may_change(const PeerRules *r, const Peer *p);
bool peer_may_read(const PeerRules *r, const Peer *p);

/* True for a Host that only a local client sends: none, localhost, 127.0.0.1 or [::1], with any port. */
bool host_is_local(const char *host);
