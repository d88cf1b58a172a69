/* Servers and certificates for the HTTP tests. */
#include "http-fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#define REQUEST_MAX ((size_t) 4 * 1024 * 1024)
#define DRIP_MSEC   5

struct RawServer {
        const RawStep *steps;
        size_t n_steps;
        int listener, stop;
        unsigned port;
        pthread_t thread;
        pthread_mutex_t mutex;
        unsigned n_connections; /* under the mutex, with the requests */
        char **requests;
        size_t n_requests;
};

static int listen_on_loopback(bool answering, unsigned *ret_port) {
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof a;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *) &a, sizeof a) < 0 || (answering && listen(fd, 64) < 0) ||
            getsockname(fd, (struct sockaddr *) &a, &size) < 0)
                abort();
        *ret_port = ntohs(a.sin_port);
        return fd;
}

int refusing_port(unsigned *ret_port) {
        return listen_on_loopback(false, ret_port);
}

/* False when the server is to stop; else the descriptor is readable, or the time is over. */
static bool raw_wait(RawServer *s, int fd, int msec) {
        struct pollfd p[2] = { { .fd = s->stop, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

        while (poll(p, 2, msec) < 0)
                if (errno != EINTR)
                        abort();
        return !p[0].revents;
}

static size_t request_size(const Str *b) {
        const char *end = b->s ? strstr(b->s, "\r\n\r\n") : NULL, *length;
        int64_t n = 0;

        if (!end)
                return SIZE_MAX;
        length = strcasestr(b->s, "\r\ncontent-length: ");
        if (length && length < end) {
                const char *digits = length + strlen("\r\ncontent-length: ");
                _cleanup_free_ char *text = xstrndup(digits, strcspn(digits, "\r"));

                if (parse_i64(text, 0, REQUEST_MAX, &n) < 0)
                        abort();
        }
        return (size_t) (end + 4 - b->s) + (size_t) n;
}

/* 1: a request; 0: the client closed; -1: stop. */
static int raw_read(RawServer *s, int fd) {
        _cleanup_str_ Str b = {};

        while (request_size(&b) > b.size) {
                char buffer[4096];
                ssize_t n;

                if (!raw_wait(s, fd, -1))
                        return -1;
                n = recv(fd, buffer, sizeof buffer, 0);
                if (n <= 0 || b.size > REQUEST_MAX)
                        return 0;
                str_add_n(&b, buffer, (size_t) n);
        }
        pthread_mutex_lock(&s->mutex);
        array_push(s->requests, s->n_requests, str_take(&b));
        pthread_mutex_unlock(&s->mutex);
        return 1;
}

static bool raw_send(int fd, const char *text, size_t size) {
        while (size > 0) {
                ssize_t n = send(fd, text, size, MSG_NOSIGNAL);

                if (n <= 0)
                        return false;
                text += n;
                size -= (size_t) n;
        }
        return true;
}

static bool raw_drip(RawServer *s, int fd) {
        for (;;) {
                char c;

                if (!raw_wait(s, fd, DRIP_MSEC))
                        return false;
                if (recv(fd, &c, 1, MSG_DONTWAIT) == 0 || !raw_send(fd, ".", 1))
                        return true;
        }
}

static bool raw_serve(RawServer *s, int fd, size_t *step) {
        for (;;) {
                RawStep now = *step < s->n_steps ? s->steps[*step] : (RawStep){ "", RAW_HOLD };
                struct linger linger = { .l_onoff = 1 };
                int r;

                r = raw_read(s, fd);
                if (r <= 0)
                        return r == 0;
                ++*step;
                raw_send(fd, now.reply, strlen(now.reply));
                switch (now.then) {
                case RAW_NEXT:
                        continue;
                case RAW_CLOSE:
                        return true;
                case RAW_RESET:
                        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
                        return true;
                case RAW_HOLD:
                        (void) raw_wait(s, -1, -1);
                        return false;
                case RAW_DRIP:
                        return raw_drip(s, fd);
                }
        }
}

static void *raw_main(void *userdata) {
        RawServer *s = userdata;
        size_t step = 0;
        bool go_on = true;

        while (go_on && raw_wait(s, s->listener, -1)) {
                int fd = accept(s->listener, NULL, NULL);

                if (fd < 0)
                        continue;
                pthread_mutex_lock(&s->mutex);
                s->n_connections++;
                pthread_mutex_unlock(&s->mutex);
                go_on = raw_serve(s, fd, &step);
                close(fd);
        }
        return NULL;
}

RawServer *raw_server_new(const RawStep *steps, size_t n) {
        RawServer *s = xnew(RawServer, 1);

        s->steps = steps;
        s->n_steps = n;
        s->listener = listen_on_loopback(true, &s->port);
        s->stop = eventfd(0, EFD_CLOEXEC);
        pthread_mutex_init(&s->mutex, NULL);
        if (s->stop < 0 || pthread_create(&s->thread, NULL, raw_main, s) != 0)
                abort();
        return s;
}

RawServer *raw_server_free(RawServer *s) {
        if (eventfd_write(s->stop, 1) < 0)
                abort();
        pthread_join(s->thread, NULL);
        close(s->listener);
        close(s->stop);
        for (size_t i = 0; i < s->n_requests; i++)
                free(s->requests[i]);
        free(s->requests);
        pthread_mutex_destroy(&s->mutex);
        free(s);
        return NULL;
}

unsigned raw_server_port(const RawServer *s) {
        return s->port;
}

unsigned raw_server_connections(RawServer *s) {
        unsigned n;

        pthread_mutex_lock(&s->mutex);
        n = s->n_connections;
        pthread_mutex_unlock(&s->mutex);
        return n;
}

char *raw_server_request(RawServer *s, size_t i) {
        char *text;

        pthread_mutex_lock(&s->mutex);
        text = i < s->n_requests ? xstrdup(s->requests[i]) : NULL;
        pthread_mutex_unlock(&s->mutex);
        return text;
}

struct RealServer {
        struct MHD_Daemon *daemon;
        unsigned port;
        atomic_uint n_connections;
};

static void real_on_connection(void *userdata, struct MHD_Connection *connection, void **socket_context,
                               enum MHD_ConnectionNotificationCode code) {
        RealServer *s = userdata;

        if (code == MHD_CONNECTION_NOTIFY_STARTED)
                s->n_connections++;
}

static enum MHD_Result real_on_request(void *userdata, struct MHD_Connection *connection, const char *url,
                                       const char *method, const char *version, const char *data,
                                       size_t *size, void **context) {
        struct MHD_Response *response;
        Str *body = *context;
        enum MHD_Result r;
        int64_t n = 0;

        if (!body) {
                *context = xnew(Str, 1);
                return MHD_YES;
        }
        if (*size > 0) {
                str_add_n(body, data, *size);
                *size = 0;
                return MHD_YES;
        }
        if (streq(method, "GET") && parse_i64(url + 1, 1, 1 << 24, &n) == 0) {
                _cleanup_free_ char *x = xmalloc((size_t) n);

                memset(x, 'x', (size_t) n);
                str_add_n(body, x, (size_t) n);
        }
        response = MHD_create_response_from_buffer(body->size, body->s, MHD_RESPMEM_MUST_COPY);
        r = MHD_queue_response(connection, MHD_HTTP_OK, response);
        MHD_destroy_response(response);
        return r;
}

static void real_on_completed(void *userdata, struct MHD_Connection *connection, void **context,
                              enum MHD_RequestTerminationCode code) {
        if (!*context)
                return;
        str_done(*context);
        free(*context);
        *context = NULL;
}

RealServer *real_server_new(const char *certificate, const char *key) {
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | (certificate ? MHD_USE_TLS : 0);
        struct MHD_OptionItem options[3] = { { MHD_OPTION_END, 0, NULL } };
        RealServer *s = xnew(RealServer, 1);

        if (certificate) {
                options[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0,
                                                      (void *) (uintptr_t) certificate };
                options[1] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0,
                                                      (void *) (uintptr_t) key };
                options[2] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
        }
        s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, real_on_request, s, MHD_OPTION_SOCK_ADDR, &a,
                                     MHD_OPTION_NOTIFY_CONNECTION, real_on_connection, s,
                                     MHD_OPTION_NOTIFY_COMPLETED, real_on_completed, NULL, MHD_OPTION_ARRAY,
                                     options, MHD_OPTION_END);
        if (!s->daemon)
                abort();
        s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
        return s;
}

RealServer *real_server_free(RealServer *s) {
        MHD_stop_daemon(s->daemon);
        free(s);
        return NULL;
}

unsigned real_server_port(const RealServer *s) {
        return s->port;
}

unsigned real_server_connections(const RealServer *s) {
        return s->n_connections;
}

static void certificate_extend(X509 *c, X509 *issuer, int nid, const char *value) {
        X509V3_CTX context;
        X509_EXTENSION *e;

        X509V3_set_ctx(&context, issuer, c, NULL, NULL, 0);
        e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
        if (!e || !X509_add_ext(c, e, -1))
                abort();
        X509_EXTENSION_free(e);
}

static X509 *certificate_new(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key) {
        _cleanup_free_ char *dns = xasprintf("DNS:%s", name);
        X509 *c = X509_new();

        X509_set_version(c, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(c), issuer ? 2 : 1);
        X509_gmtime_adj(X509_getm_notBefore(c), -3600);
        X509_gmtime_adj(X509_getm_notAfter(c), 3600);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                                   (const unsigned char *) name, -1, -1, 0);
        X509_set_issuer_name(c, X509_get_subject_name(issuer ? issuer : c));
        X509_set_pubkey(c, key);
        certificate_extend(c, issuer ? issuer : c, NID_basic_constraints,
                           issuer ? "CA:FALSE" : "critical,CA:TRUE");
        if (issuer)
                certificate_extend(c, issuer, NID_subject_alt_name, dns);
        if (!X509_sign(c, issuer_key, EVP_sha256()))
                abort();
        return c;
}

static char *bio_text(BIO *b) {
        char *data;
        long size = BIO_get_mem_data(b, &data);
        char *text = xstrndup(data, (size_t) size);

        BIO_free(b);
        return text;
}

static char *certificate_text(X509 *c) {
        BIO *b = BIO_new(BIO_s_mem());

        PEM_write_bio_X509(b, c);
        return bio_text(b);
}

void make_certificates(const char *name, char **ret_ca, char **ret_certificate, char **ret_key) {
        EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
        X509 *ca = certificate_new("test authority", ca_key, NULL, ca_key);
        X509 *c = certificate_new(name, key, ca, ca_key);
        BIO *b = BIO_new(BIO_s_mem());

        PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
        *ret_key = bio_text(b);
        *ret_ca = certificate_text(ca);
        *ret_certificate = certificate_text(c);
        X509_free(c);
        X509_free(ca);
        EVP_PKEY_free(key);
        EVP_PKEY_free(ca_key);
}
