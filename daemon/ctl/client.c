/* libcurl's easy interface over CURLOPT_UNIX_SOCKET_PATH; a process makes a handful of calls and ends. */
#include "client.h"

#include <curl/curl.h>
#include <errno.h>

#define LINE_MAX_SIZE ((size_t) 1024 * 1024)

static void easy_cleanupp(CURL **easy) {
        if (*easy)
                curl_easy_cleanup(*easy);
}

static void slist_freep(struct curl_slist **l) {
        curl_slist_free_all(*l);
}

void client_reply_done(ClientReply *r) {
        str_done(&r->text);
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata) {
        ClientReply *r = userdata;

        if (r->text.size + size * n > CLIENT_REPLY_MAX)
                return 0;
        str_add_n(&r->text, data, size * n);
        return size * n;
}

/* What went wrong, as people would say it. */
static int explain_failure(CURL *easy, const char *socket, CURLcode code, char **reterr) {
        long error = 0;

        (void) curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
        if (code != CURLE_COULDNT_CONNECT) {
                *reterr = xasprintf("the daemon on %s gave no answer: %s", socket, curl_easy_strerror(code));
                return code == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO;
        }
        if (error == EACCES)
                *reterr = xasprintf("%s: permission denied; the groups tandem and tandem-admin may connect",
                                    socket);
        else
                *reterr = xasprintf("no daemon answers on %s: %s", socket,
                                    error ? strerror((int) error) : "cannot connect");
        return -ECONNREFUSED;
}

static struct curl_slist *new_headers(void) {
        struct curl_slist *l = curl_slist_append(NULL, "X-Tandem-Request: 1");

        l = curl_slist_append(l, "Content-Type: application/json");
        return curl_slist_append(l, "Expect:");
}

static CURL *new_easy(const char *socket, const char *path, struct curl_slist *headers, ClientReply *reply) {
        _cleanup_free_ char *url = xasprintf("http://localhost%s", path);
        CURL *easy = curl_easy_init();

        if (!easy)
                abort(); /* out of memory */
        (void) curl_easy_setopt(easy, CURLOPT_URL, url);
        (void) curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
        (void) curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        (void) curl_easy_setopt(easy, CURLOPT_PROXY, "");
        (void) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        (void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
        (void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply);
        return easy;
}

int client_call(const char *socket, const char *method, const char *path, const cJSON *body,
                ClientReply *ret, char **reterr) {
        _cleanup_(slist_freep) struct curl_slist *headers = new_headers();
        _cleanup_free_ char *text = body ? json_text(body) : NULL;
        _cleanup_(easy_cleanupp) CURL *easy = NULL;
        ClientReply reply = {};
        CURLcode code;

        easy = new_easy(socket, path, headers, &reply);
        (void) curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, CLIENT_DEADLINE_MS);
        (void) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
        if (text) {
                (void) curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) strlen(text));
                (void) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text);
        }
        code = curl_easy_perform(easy);
        if (code != CURLE_OK) {
                client_reply_done(&reply);
                return explain_failure(easy, socket, code, reterr);
        }
        (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
        *ret = reply;
        return 0;
}

typedef struct Following {
        CURL *easy;
        ClientReply reply; /* the beginning of a line; or a refusal */
        ClientLine on_line;
        void *userdata;
        bool ended; /* by on_line */
} Following;

/* Hands out the whole lines of what has come. */
static void take_lines(Following *f) {
        char *at = f->reply.text.s, *end;
        size_t left;

        while (!f->ended && at && (end = strchr(at, '\n'))) {
                *end = '\0';
                f->ended = !f->on_line(at, f->userdata);
                at = end + 1;
        }
        if (!at || at == f->reply.text.s)
                return;
        left = strlen(at);
        memmove(f->reply.text.s, at, left + 1);
        f->reply.text.size = left;
}

static size_t on_lines(char *data, size_t size, size_t n, void *userdata) {
        Following *f = userdata;

        (void) curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &f->reply.status);
        if (f->reply.text.size + size * n > LINE_MAX_SIZE)
                return 0;
        str_add_n(&f->reply.text, data, size * n);
        if (f->reply.status == 200)
                take_lines(f);
        return f->ended ? 0 : size * n;
}

int client_follow(const char *socket, const char *path, ClientLine on_line, void *userdata, char **reterr) {
        _cleanup_(slist_freep) struct curl_slist *headers = new_headers();
        _cleanup_(easy_cleanupp) CURL *easy = NULL;
        Following f = { .on_line = on_line, .userdata = userdata };
        CURLcode code;
        int r = 0;

        f.easy = easy = new_easy(socket, path, headers, NULL);
        (void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_lines);
        (void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, &f);
        (void) curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CLIENT_DEADLINE_MS);
        (void) curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT,
                                1L); /* the daemon sends a line every 15 seconds */
        (void) curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 60L);
        code = curl_easy_perform(easy);
        if (code != CURLE_OK && !f.ended)
                r = explain_failure(easy, socket, code, reterr);
        else if (code == CURLE_OK && f.reply.status != 200) {
                *reterr = xstrdup(str_get(&f.reply.text));
                r = -EREMOTEIO;
        } else if (code == CURLE_OK) {
                *reterr = xstrdup("the daemon ended the stream");
                r = -EPIPE;
        }
        client_reply_done(&f.reply);
        return r;
}
