/* tandemd. */
#include "base/log.h"
#include "manager.h"

int main(int argc, char *argv[]) {
        _cleanup_(options_done) Options options = {};
        _cleanup_(manager_freep) Manager *manager = NULL;
        int r;

        log_open("tandemd");
        r = options_parse(argc, argv, &options);
        if (r <= 0)
                return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;
        r = manager_new(&options, &manager);
        if (r != 0)
                return r;
        return manager_run(manager);
}
