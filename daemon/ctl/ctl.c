/* What the verbs share: asking the daemon, and saying why it did not do what was asked. */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>

void ctl_print_json(const cJSON *v) {
        _cleanup_free_ char *text = json_text_pretty(v);

        (void) printf("%s\n", text);
}

/* One line on stderr; nothing in it may move the cursor. */
static void complain(const char *message) {
        Screen s = {};

        screen_line(&s, "tandemctl: %s", message);
        (void) fputs(str_get(&s.text), stderr);
        screen_done(&s);
}

/* Lines that the daemon wrote, made harmless one by one. */
static void repeat_lines(const char *text) {
        _cleanup_(strv_freep) char **lines = str_split(text, '\n');
        Screen s = {};

        for (char **line = lines; *line && (line[1] || **line); line++)
                screen_line(&s, "%s", *line);
        (void) fputs(str_get(&s.text), stderr);
        screen_done(&s);
}

/* A refusal is {code, message}, and for a spec the text that shows its errors. */
static void complain_refused(const Ctl *c, const ClientReply *reply) {
        _cleanup_json_ cJSON *o = NULL;
        _cleanup_free_ char *fallback = xasprintf("the daemon answered %ld", reply->status);
        const char *message;

        (void) json_parse(str_get(&reply->text), reply->text.size, &o, NULL);
        if (c->json && o)
                ctl_print_json(o);
        if (json_string(o, "text") && !c->json)
                repeat_lines(json_string(o, "text"));
        message = json_string(o, "message");
        complain(message ? message : fallback);
}

static int ask(const Ctl *c, const char *method, const char *path, const cJSON *body, ClientReply *ret) {
        _cleanup_free_ char *error = NULL;
        int r = client_call(c->socket, method, path, body, ret, &error);

        if (r < 0) {
                complain(error);
                return -ENOTCONN;
        }
        if (ret->status / 100 == 2)
                return 0;
        complain_refused(c, ret);
        return -EREMOTEIO;
}

static int ask_json(const Ctl *c, const char *method, const char *path, const cJSON *body, cJSON **ret) {
        _cleanup_client_reply_ ClientReply reply = {};
        int r = ask(c, method, path, body, &reply);

        if (r < 0)
                return r;
        if (json_parse(str_get(&reply.text), reply.text.size, ret, NULL) < 0) {
                complain("the daemon's answer is no JSON");
                return -EREMOTEIO;
        }
        return 0;
}

int ctl_get(const Ctl *c, const char *path, cJSON **ret) {
        return ask_json(c, "GET", path, NULL, ret);
}

int ctl_post(const Ctl *c, const char *path, const cJSON *body, cJSON **ret) {
        return ask_json(c, "POST", path, body, ret);
}

int ctl_change(const Ctl *c, const char *method, const char *path, const cJSON *body, const char *done) {
        _cleanup_client_reply_ ClientReply reply = {};

        if (ask(c, method, path, body, &reply) < 0)
                return EXIT_FAILURE;
        if (!c->json)
                (void) printf("%s\n", done);
        return EXIT_SUCCESS;
}

int exit_of_verdict(const char *verdict) {
        static const struct {
                const char *verdict;
                int code;
        } codes[] = {
                { "in-sync", EXIT_IN_SYNC },
                { "progressing", EXIT_WORK_LEFT },
                { "drifted", EXIT_WORK_LEFT },
                { "paused", EXIT_WORK_LEFT },
        };

        for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
                if (streq_ptr(codes[i].verdict, verdict))
                        return codes[i].code;
        return EXIT_STUCK;
}
