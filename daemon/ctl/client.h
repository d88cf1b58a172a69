/* Blocking HTTP to the daemon's Unix socket. */
#pragma once

#include "base/json.h"

#define CLIENT_DEADLINE_MS 10000L
#define CLIENT_REPLY_MAX   ((size_t) 256 * 1024 * 1024)

typedef struct ClientReply {
        long status;
        Str text;
} ClientReply;

void client_reply_done(ClientReply *r);
#define _cleanup_client_reply_ _cleanup_(client_reply_done)

/* One exchange; 'body' may be NULL. 0 for any answer, whatever its status; else a negative errno and *reterr, the caller's. */
int client_call(const char *socket, const char *method, const char *path, const cJSON *body,
                ClientReply *ret, char **reterr);

/* Reads lines for as long as they come; an empty one says that the daemon is alive. 'on_line' returns false to end. -EREMOTEIO
 * when the answer was a refusal, whose text then is *reterr; -EPIPE when the daemon ended it. */
typedef bool (*ClientLine)(const char *line, void *userdata);
int client_follow(const char *socket, const char *path, ClientLine on_line, void *userdata, char **reterr);
