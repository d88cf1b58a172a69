/* tandemctl [--socket PATH] [--json] VERB …: options may stand anywhere; each verb says which ones it takes. */
#include <curl/curl.h>
#include <getopt.h>
#include <stdio.h>

#include "ctl.h"

enum {
        OPTION_SOCKET = 256,
        OPTION_JSON,
        OPTION_FORMAT,
        OPTION_COMMANDS,
        OPTION_OVERRIDE,
        OPTION_REASON,
        OPTION_ALL,
        OPTION_FOR,
        OPTION_PLAN,
        OPTION_SINCE,
        OPTION_VERSION,
};

static const struct option options[] = {
        { "socket", required_argument, NULL, OPTION_SOCKET },
        { "json", no_argument, NULL, OPTION_JSON },
        { "file", required_argument, NULL, 'f' },
        { "format", required_argument, NULL, OPTION_FORMAT },
        { "commands", no_argument, NULL, OPTION_COMMANDS },
        { "override", no_argument, NULL, OPTION_OVERRIDE },
        { "reason", required_argument, NULL, OPTION_REASON },
        { "all", no_argument, NULL, OPTION_ALL },
        { "for", required_argument, NULL, OPTION_FOR },
        { "plan", required_argument, NULL, OPTION_PLAN },
        { "since", required_argument, NULL, OPTION_SINCE },
        { "follow", no_argument, NULL, 'F' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPTION_VERSION },
        {},
};

/* Which of the options that not all verbs have were given, and which a verb takes. */
enum {
        TAKES_FILE = 1 << 0,
        TAKES_COMMANDS = 1 << 1,
        TAKES_OVERRIDE = 1 << 2,
        TAKES_REASON = 1 << 3,
        TAKES_ALL = 1 << 4,
        TAKES_FOR = 1 << 5,
        TAKES_PLAN = 1 << 6,
        TAKES_SINCE = 1 << 7,
        TAKES_FOLLOW = 1 << 8,
        TAKES_FORMAT = 1 << 9,
};

typedef struct VerbEntry {
        const char *name;
        int (*run)(const Ctl *c);
        unsigned takes;
        int min, max; /* arguments */
        const char *usage, *doc;
} VerbEntry;

static const VerbEntry verbs[] = {
        { "validate", verb_validate, TAKES_FORMAT, 1, 1, "PATH [--format text|json|sarif|github]",
          "check spec files; needs no daemon" },
        { "plan", verb_plan, TAKES_FILE | TAKES_COMMANDS, 0, 0, "[-f PATH] [--commands]",
          "what is to be done, by the running spec or by another" },
        { "schema", verb_schema, 0, 0, 0, "", "print the JSON Schema of a spec document; needs no daemon" },
        { "status", verb_status, 0, 0, 0, "", "the estate at a glance" },
        { "explain", verb_explain, 0, 1, 1, "ADDRESS", "why one resource is as it is" },
        { "approve", verb_approve, TAKES_OVERRIDE | TAKES_REASON, 1, 1,
          "ID|bootstrap [--override --reason TEXT]", "let an action of the plan through, for an hour" },
        { "pause", verb_pause, TAKES_ALL | TAKES_FOR | TAKES_REASON, 0, 1,
          "ADDRESS|--all --reason TEXT [--for 2h]", "keep hands off" },
        { "resume", verb_resume, TAKES_ALL, 0, 1, "ADDRESS|--all", "end a pause" },
        { "reload", verb_reload, TAKES_PLAN, 0, 0, "[--plan DIGEST]",
          "load the spec files again; with --plan only if it is still that plan" },
        { "reconcile", verb_reconcile, 0, 0, 1, "[ADDRESS]", "look again at once" },
        { "events", verb_events, TAKES_SINCE | TAKES_FOLLOW, 0, 0, "[--since N] [--follow]",
          "what happened" },
        { "watch", verb_watch, 0, 0, 0, "", "the status, drawn again at each event" },
        { "health", verb_health, 0, 0, 0, "", "one line, for monitors" },
};

static void print_usage(FILE *out) {
        (void) fprintf(out, "tandemctl [--socket PATH] [--json] VERB …\n\n");
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
                (void) fprintf(out, "  %s %s\n      %s\n", verbs[i].name, verbs[i].usage, verbs[i].doc);
        (void) fprintf(
                out,
                "\n--socket is %s unless said. status and health exit with 0 in sync, 1 work left, 2 stuck\n"
                "or unknown, 3 no daemon; the others with 0 or 1; 64 is for usage.\n",
                DEFAULT_SOCKET);
}

static const VerbEntry *find_verb(const char *name) {
        const char *names[ARRAY_SIZE(verbs)];
        const char *nearest;

        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
                if (streq(verbs[i].name, name))
                        return &verbs[i];
                names[i] = verbs[i].name;
        }
        nearest = str_nearest(name, names, ARRAY_SIZE(names));
        (void) fprintf(stderr, "tandemctl: unknown verb '%s'%s%s%s\n", name,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        return NULL;
}

/* Negative: go on; else the exit code. */
static int take_option(Ctl *c, int option, unsigned *given) {
        switch (option) {
        case OPTION_SOCKET:
                c->socket = optarg;
                return -1;
        case OPTION_JSON:
                c->json = true;
                return -1;
        case 'f':
                c->file = optarg;
                *given |= TAKES_FILE;
                return -1;
        case OPTION_FORMAT:
                c->format = optarg;
                *given |= TAKES_FORMAT;
                return -1;
        case OPTION_COMMANDS:
                c->commands = true;
                *given |= TAKES_COMMANDS;
                return -1;
        case OPTION_OVERRIDE:
                c->override = true;
                *given |= TAKES_OVERRIDE;
                return -1;
        case OPTION_REASON:
                c->reason = optarg;
                *given |= TAKES_REASON;
                return -1;
        case OPTION_ALL:
                c->all = true;
                *given |= TAKES_ALL;
                return -1;
        case OPTION_FOR:
                c->duration = optarg;
                *given |= TAKES_FOR;
                return -1;
        case OPTION_PLAN:
                c->plan = optarg;
                *given |= TAKES_PLAN;
                return -1;
        case OPTION_SINCE:
                c->since = optarg;
                *given |= TAKES_SINCE;
                return -1;
        case 'F':
                c->follow = true;
                *given |= TAKES_FOLLOW;
                return -1;
        case 'h':
                print_usage(stdout);
                return EXIT_SUCCESS;
        case OPTION_VERSION:
                (void) printf("tandemctl %s\n", TANDEM_VERSION);
                return EXIT_SUCCESS;
        default:
                (void) fprintf(stderr, "tandemctl --help says what there is\n");
                return EXIT_USAGE;
        }
}

static int run_verb(const Ctl *c, const VerbEntry *verb, unsigned given) {
        int r;

        if (given & ~verb->takes || c->n_args < verb->min || c->n_args > verb->max) {
                (void) fprintf(stderr, "usage: tandemctl [--socket PATH] [--json] %s %s\n", verb->name,
                               verb->usage);
                return EXIT_USAGE;
        }
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return EXIT_FAILURE;
        r = verb->run(c);
        curl_global_cleanup();
        return r;
}

int main(int argc, char **argv) {
        Ctl c = { .socket = DEFAULT_SOCKET };
        const VerbEntry *verb;
        unsigned given = 0;
        int option, r;

        while ((option = getopt_long(argc, argv, "f:h", options, NULL)) >= 0) {
                r = take_option(&c, option, &given);
                if (r >= 0)
                        return r;
        }
        if (optind == argc) {
                print_usage(stderr);
                return EXIT_USAGE;
        }
        verb = find_verb(argv[optind]);
        if (!verb)
                return EXIT_USAGE;
        c.args = argv + optind + 1;
        c.n_args = argc - optind - 1;
        return run_verb(&c, verb, given);
}
