/* The documents that the socket serves, made of plain inputs. Their members are a contract with tests and monitors: members may
 * be added, none may change or go. Instants are RFC 3339 in UTC; what is not known is null. */
#pragma once

#include "server.h"

#define DOCUMENT_SCHEMA 1

/* All that documents are made from; everything is borrowed. */
typedef struct View {
        const Context *context;
        Resource *const *resources; /* declared ones, then orphans */
        size_t n_resources;
        const Plan *plan;
        const Budget *budget;
        const Words *words;
        uint64_t last_event;
        SpecStatus spec;
        Verdict verdict;
        const char *version;
        usec_t started_at;          /* realtime, like the next */
        usec_t realtime, monotonic; /* the same instant by both clocks */
} View;

/* All of these return a new document, the caller's. */
cJSON *render_status(const View *v);
cJSON *render_resource(const View *v, const Resource *r);
/* Of the view's own plan, or of a candidate's with its context. */
cJSON *render_plan(const View *v, const Context *c, const Plan *p);
cJSON *render_action(const View *v, const Context *c, const Action *a);
cJSON *render_differences(const Differences *ds);
/* Everything about one resource: what `tandemctl explain` shows. */
cJSON *render_explain(const View *v, const Resource *r);
cJSON *render_event(const Event *e);

/* A region's listings are all complete, and none began before the running spec was loaded. */
bool view_region_complete(const Context *c, unsigned region);

/* An action's call as a command of the official CLI, quoted for a shell: what a person would type. An id that is not known yet
 * stands as <address>. The caller frees. */
char *render_command(const Context *c, const Action *a);
/* Appends one word so that a POSIX shell reads it back as it is. */
void str_add_shell_word(Str *b, const char *word);

/* Adds a string, or null for NULL. */
void json_set_string_or_null(cJSON *o, const char *name, const char *value);
/* Adds an instant of the epoch, or null for 0 and USEC_INFINITY. */
void json_set_instant(cJSON *o, const char *name, usec_t realtime);
/* The realtime of a monotonic instant; 0 stays 0. */
usec_t view_realtime(const View *v, usec_t monotonic);
