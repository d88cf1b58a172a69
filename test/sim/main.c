/* tandem-sim: OCI of both regions, and Kubernetes of the clusters there, on one loopback port, told apart by the real host names
 * and addresses, with faults on command. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "cloud.h"
#include "credentials.h"
#include "estate.h"
#include "kube/kube.h"
#include "server.h"
#include "sim.h"
#include "tls.h"

#define EXIT_USAGE 64
#define ESTATE_MAX ((size_t) 512 << 20)
#define KEY_MAX    ((size_t) 64 << 10)

typedef struct Arguments {
        const char *directory, *address, *estate;
        int64_t port, seed;
        double speed;
} Arguments;

static const char usage[] =
        "Usage: tandem-sim --dir DIR [--address A] [--port P] [--estate FILE.json] [--speed N] [--seed N]\n"
        "\n"
        "Serves OCI of us-sanjose-1 and us-chicago-1, and Kubernetes of the clusters there, on A:P\n"
        "(127.0.0.1, any free port) until SIGTERM.\n"
        "\n"
        "  --dir DIR       where ca.pem, oci-config, kubeconfig, control.sock … go; `ready` comes last\n"
        "  --estate FILE   begin with what POST /snapshot gave, not with empty regions\n"
        "  --speed N       divide every lifecycle's duration\n"
        "  --seed N        the same seed and the same calls give the same run\n";

static int parse_arguments(int argc, char **argv, Arguments *a) {
        static const struct option options[] = {
                { "dir", required_argument, NULL, 'd' },   { "address", required_argument, NULL, 'a' },
                { "port", required_argument, NULL, 'p' },  { "estate", required_argument, NULL, 'e' },
                { "speed", required_argument, NULL, 's' }, { "seed", required_argument, NULL, 'n' },
                { "help", no_argument, NULL, 'h' },        {},
        };
        bool good = true;
        int o;

        while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0)
                switch (o) {
                case 'd':
                        a->directory = optarg;
                        break;
                case 'a':
                        a->address = optarg;
                        break;
                case 'p':
                        good = good && parse_i64(optarg, 0, 65535, &a->port) >= 0;
                        break;
                case 'e':
                        a->estate = optarg;
                        break;
                case 's':
                        good = good && parse_double(optarg, &a->speed) >= 0 && isfinite(a->speed) &&
                               a->speed > 0;
                        break;
                case 'n':
                        good = good && parse_i64(optarg, 0, INT64_MAX, &a->seed) >= 0;
                        break;
                case 'h':
                        fputs(usage, stdout);
                        exit(EXIT_SUCCESS);
                default:
                        good = false;
                }
        return good && a->directory && optind == argc ? 0 : -EINVAL;
}

static int load_estate(Sim *sim, const char *path) {
        _cleanup_free_ char *text = NULL, *why = NULL;
        _cleanup_json_ cJSON *estate = NULL;
        size_t size, offset = 0;
        int r;

        if (!path)
                return 0;
        r = file_read(path, ESTATE_MAX, &text, &size, NULL);
        if (r < 0) {
                log_error("Failed to read %s: %s", path, strerror(-r));
                return r;
        }
        r = json_parse(text, size, &estate, &offset);
        if (r < 0) {
                log_error("%s is no JSON, at offset %zu", path, offset);
                return r;
        }
        r = estate_load(sim, estate, &why);
        if (r < 0)
                log_error("%s: %s", path, why);
        return r;
}

static int write_text(const char *directory, const char *name, const char *text, mode_t mode) {
        _cleanup_free_ char *path = path_join(directory, name);
        int r;

        r = file_write_atomic(path, text, strlen(text), mode);
        if (r < 0)
                log_error("Failed to write %s: %s", path, strerror(-r));
        return r;
}

static char *config_text(const Sim *sim, const char *directory) {
        return xasprintf("[DEFAULT]\nuser=%s\nfingerprint=%s\nkey_file=%s/key.pem\ntenancy=%s\nregion=%s\n",
                         sim->user, sim->key_fingerprint, directory, sim->tenancy, sim->regions[0].name);
}

/* All but `ready`, and kubeconfig, which the server keeps. */
static int write_files(const Sim *sim, const Arguments *a, const char *directory,
                       const Credentials *credentials, char *const *hosts, uint16_t port) {
        _cleanup_free_ char *config = config_text(sim, directory),
                            *compartment = xasprintf("%s\n", sim->compartments[1].id);
        _cleanup_free_ char *speed = xasprintf("%g\n", a->speed);
        _cleanup_str_ Str names = {}, connect_to = {};

        str_add(&names, "127.0.0.1 localhost\n");
        for (size_t i = 0; hosts[i]; i++) {
                str_addf(&names, "%s %s\n", a->address, hosts[i]);
                str_addf(&connect_to, "%s:443:%s:%u\n", hosts[i], a->address, port);
        }
        str_addf(&connect_to, ":6443:%s:%u\n", a->address, port); /* any cluster's endpoint */
        if (write_text(directory, "ca.pem", credentials->ca_pem, 0644) < 0 ||
            write_text(directory, "key.pem", credentials->api_key_pem, 0600) < 0 ||
            write_text(directory, "oci-config", config, 0600) < 0 ||
            write_text(directory, "compartment", compartment, 0644) < 0 ||
            write_text(directory, "speed", speed, 0644) < 0 ||
            write_text(directory, "hosts", str_get(&names), 0644) < 0 ||
            write_text(directory, "connect-to", str_get(&connect_to), 0644) < 0)
                return -EIO;
        return 0;
}

static int serve(Sim *sim, const Arguments *a, const char *directory) {
        _cleanup_(credentials_done) Credentials credentials = {};
        _cleanup_(strv_freep) char **hosts = cloud_hosts();
        _cleanup_free_ char *control = path_join(directory, "control.sock"),
                            *ready = path_join(directory, "ready"), *key = path_join(directory, "key.pem"),
                            *kubeconfig = path_join(directory, "kubeconfig"), *key_pem = NULL;
        size_t key_size;
        Server *server = NULL;
        int r;

        (void) unlink(ready);                                      /* an earlier run's */
        (void) file_read(key, KEY_MAX, &key_pem, &key_size, NULL); /* an earlier run's goes on being good */
        r = credentials_make(sim, key_pem, &credentials);
        if (r < 0) {
                log_error("Failed to make keys and certificates: %s", strerror(-r));
                return r;
        }
        sim->ca_pem = credentials.ca_pem;
        sim->kube = kube_new(sim);
        tls_open(sim, &credentials, hosts, a->address);
        r = server_new(sim,
                       &(const ServerConfig){
                               .address = a->address,
                               .port = (uint16_t) a->port,
                               .control_path = control,
                               .kubeconfig_path = kubeconfig,
                       },
                       &server);
        if (r < 0) {
                log_error("Failed to serve on %s:%d: %s", a->address, (int) a->port, strerror(-r));
                tls_close();
                return r;
        }
        r = write_files(sim, a, directory, &credentials, hosts, server_port(server));
        if (r >= 0)
                r = write_text(directory, "ready", "ready\n", 0644);
        if (r >= 0)
                r = server_run(server);
        (void) unlink(ready);
        server_free(server);
        tls_close();
        return r;
}

int main(int argc, char **argv) {
        Arguments a = { .address = "127.0.0.1", .speed = 1, .seed = 1 };
        _cleanup_free_ char *directory = NULL;
        Sim sim;
        int r;

        log_open("tandem-sim");
        if (parse_arguments(argc, argv, &a) < 0) {
                fputs(usage, stderr);
                return EXIT_USAGE;
        }
        (void) signal(SIGPIPE, SIG_IGN);
        r = mkdir_parents(a.directory, 0755);
        directory = r < 0 ? NULL : realpath(a.directory, NULL);
        if (!directory) {
                log_error("Failed to make %s", a.directory);
                return EXIT_FAILURE;
        }
        sim_init(&sim, a.speed, (uint64_t) a.seed);
        r = load_estate(&sim, a.estate);
        if (r < 0)
                r = -EINVAL;
        else
                r = serve(&sim, &a, directory);
        sim_done(&sim);
        return r == -EINVAL && a.estate ? EXIT_USAGE : r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
