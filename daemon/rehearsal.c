/* A rehearsal directory: how to reach the simulated cloud, whom to trust there, who we are there, and how fast time goes. */
#include <errno.h>

#include "options.h"

#include "base/file.h"
#include "base/str.h"

#define FILE_SIZE_MAX ((size_t) 64 * 1024)
#define SPEED_MAX     100000

static int read_text(const char *directory, const char *name, char **ret, char **reterr) {
        _cleanup_free_ char *path = path_join(directory, name);
        size_t size;
        int r;

        r = file_read(path, FILE_SIZE_MAX, ret, &size, NULL);
        if (r < 0)
                *reterr = xasprintf("%s: %s; is a tandem-sim serving from %s?", path, strerror(-r),
                                    directory);
        return r;
}

static int read_connect_to(const char *directory, Options *o, char **reterr) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(strv_freep) char **lines = NULL;
        int r;

        r = read_text(directory, "connect-to", &text, reterr);
        if (r < 0)
                return r;
        lines = str_split(text, '\n');
        for (char **line = lines; *line; line++)
                if (!isempty(str_trim(*line)))
                        strv_push(&o->connect_to, str_trim(*line));
        if (strv_length(o->connect_to) > 0)
                return 0;
        *reterr = xasprintf("%s/connect-to is empty", directory);
        return -EINVAL;
}

static int read_speed(const char *directory, Options *o, char **reterr) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = read_text(directory, "speed", &text, reterr);
        if (r < 0)
                return r;
        r = parse_double(str_trim(text), &o->speed);
        if (r == 0 && o->speed > 0 && o->speed <= SPEED_MAX)
                return 0;
        *reterr = xasprintf("%s/speed is no number between 0 and %d", directory, SPEED_MAX);
        return -EINVAL;
}

int rehearsal_read(const char *directory, Options *o, char **reterr) {
        int r;

        r = read_connect_to(directory, o, reterr);
        if (r < 0)
                return r;
        r = read_speed(directory, o, reterr);
        if (r < 0)
                return r;
        o->ca_file = path_join(directory, "ca.pem");
        if (!o->oci_config)
                o->oci_config = path_join(directory, "oci-config");
        return 0;
}
