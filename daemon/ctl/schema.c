/* tandemctl schema: the JSON Schema of a spec document, for editors and validators; needs no daemon. */
#include "ctl.h"

#include "spec/spec.h"

int verb_schema(const Ctl *c) {
        _cleanup_json_ cJSON *schema = spec_schema();

        (void) c;
        ctl_print_json(schema);
        return EXIT_SUCCESS;
}
