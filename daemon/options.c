/* The daemon's command line. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/file.h"

#define STATE_DEFAULT  "/var/lib/tandemd"
#define SOCKET_DEFAULT "/run/tandemd/tandemd.sock"

static const char help[] =
        "tandemd --specs PATH [OPTION…]\n"
        "\n"
        "Keeps a two-region estate in Oracle's cloud at the state that its specs declare.\n"
        "\n"
        "  --specs PATH       a spec file, or a directory of *.yaml (required)\n"
        "  --state DIR        where people's words and the last good spec are kept (" STATE_DEFAULT ")\n"
        "  --socket PATH      where tandemctl finds it (" SOCKET_DEFAULT ")\n"
        "  --oci-config FILE  the profile file (~/.oci/config)\n"
        "  --profile NAME     the profile in it (the spec's, or DEFAULT)\n"
        "  --rehearse DIR     another cloud: that of the tandem-sim which serves from DIR\n"
        "  --once             end when the estate is in sync (0), or when nothing more can be done without "
        "a person (2)\n"
        "  --bootstrap        an empty cloud may be built\n"
        "  --help, --version\n"
        "\n"
        "Exit status: 0; 1 for a failure at run time; 2 as above; 64 for bad specs, options or files.\n";

void options_done(Options *o) {
        free(o->specs);
        free(o->state);
        free(o->socket);
        free(o->oci_config);
        free(o->profile);
        free(o->rehearse);
        free(o->ca_file);
        strv_free(o->connect_to);
        *o = (Options){};
}

/* 'argument' (or NULL) is what it is about. */
static int complain(const char *message, const char *argument) {
        fprintf(stderr, "tandemd: %s%s%s%s\nTry 'tandemd --help'.\n", message, argument ? " '" : "",
                argument ? argument : "", argument ? "'" : "");
        return -EINVAL;
}

enum {
        OPTION_SPECS = 256,
        OPTION_STATE,
        OPTION_SOCKET,
        OPTION_CONFIG,
        OPTION_PROFILE,
        OPTION_REHEARSE,
        OPTION_ONCE,
        OPTION_BOOTSTRAP,
        OPTION_HELP,
        OPTION_VERSION
};

static const struct option long_options[] = {
        { "specs", required_argument, NULL, OPTION_SPECS },
        { "state", required_argument, NULL, OPTION_STATE },
        { "socket", required_argument, NULL, OPTION_SOCKET },
        { "oci-config", required_argument, NULL, OPTION_CONFIG },
        { "profile", required_argument, NULL, OPTION_PROFILE },
        { "rehearse", required_argument, NULL, OPTION_REHEARSE },
        { "once", no_argument, NULL, OPTION_ONCE },
        { "bootstrap", no_argument, NULL, OPTION_BOOTSTRAP },
        { "help", no_argument, NULL, OPTION_HELP },
        { "version", no_argument, NULL, OPTION_VERSION },
        {},
};

/* The string that an option fills; NULL for those without a value. */
static char **value_of(Options *o, int option) {
        switch (option) {
        case OPTION_SPECS:
                return &o->specs;
        case OPTION_STATE:
                return &o->state;
        case OPTION_SOCKET:
                return &o->socket;
        case OPTION_CONFIG:
                return &o->oci_config;
        case OPTION_PROFILE:
                return &o->profile;
        case OPTION_REHEARSE:
                return &o->rehearse;
        default:
                return NULL;
        }
}

static int take_option(Options *o, int option) {
        char **value = value_of(o, option);

        if (value) {
                if (isempty(optarg))
                        return complain("an option's value is empty", NULL);
                str_replace(value, optarg);
                return 1;
        }
        switch (option) {
        case OPTION_ONCE:
                o->once = true;
                return 1;
        case OPTION_BOOTSTRAP:
                o->bootstrap = true;
                return 1;
        case OPTION_HELP:
                fputs(help, stdout);
                return 0;
        case OPTION_VERSION:
                puts("tandemd " TANDEM_VERSION);
                return 0;
        default:
                fputs("Try 'tandemd --help'.\n", stderr); /* getopt said what is wrong */
                return -EINVAL;
        }
}

static void fill_defaults(Options *o) {
        const char *state = getenv("STATE_DIRECTORY"); /* the service manager's word */

        if (!o->state)
                o->state = o->rehearse ? path_join(o->rehearse, "state")
                                       : xstrdup(isempty(state) ? STATE_DEFAULT : state);
        if (!o->socket)
                o->socket = o->rehearse ? path_join(o->rehearse, "tandemd.sock") : xstrdup(SOCKET_DEFAULT);
}

int options_parse(int argc, char *argv[], Options *o) {
        _cleanup_free_ char *error = NULL;
        int option, r;

        *o = (Options){ .speed = 1 };
        while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
                r = take_option(o, option);
                if (r <= 0)
                        return r;
        }
        if (optind < argc)
                return complain("unexpected argument", argv[optind]);
        if (!o->specs)
                return complain("--specs PATH is missing", NULL);
        if (o->rehearse) {
                r = rehearsal_read(o->rehearse, o, &error);
                if (r < 0) {
                        fprintf(stderr, "tandemd: %s\n", error);
                        return r;
                }
        }
        fill_defaults(o);
        return 1;
}
