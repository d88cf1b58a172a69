/* Who signs: the profile of the config file that the spec or the options name, kept fresh. */
#include "principal.h"

#include <errno.h>

#include "base/log.h"

void principal_init(Principal *p, const char *config_file, const char *name) {
        *p = (Principal){ .signer = oci_signer_new(NULL), .config_file = config_file, .name = name };
}

void principal_done(Principal *p) {
        p->profile = oci_profile_free(p->profile);
        p->signer = oci_signer_unref(p->signer);
        free(TAKE_PTR(p->complaint));
}

static OciAuth auth_of(PrincipalKind k) {
        switch (k) {
        case PRINCIPAL_API_KEY:
                return OCI_AUTH_API_KEY;
        case PRINCIPAL_SESSION_TOKEN:
                return OCI_AUTH_SESSION_TOKEN;
        case PRINCIPAL_INSTANCE:
        case _PRINCIPAL_INVALID:
                break;
        }
        return OCI_AUTH_DECLARED;
}

int principal_load(Principal *p, const Estate *e, char **reterr) {
        _cleanup_(oci_profile_freep) OciProfile *profile = NULL;
        const OciProfileOptions options = {
                .file = p->config_file,
                .profile = p->name ? p->name : e->profile,
                .auth = auth_of(e->principal),
        };
        int r;

        if (e->principal == PRINCIPAL_INSTANCE) {
                *reterr = xstrdup("auth: principal instance is not supported yet; use api-key or "
                                  "session-token with a profile");
                return -EOPNOTSUPP;
        }
        r = oci_profile_load(&options, &profile, reterr);
        if (r < 0)
                return r;
        if (p->profile && !streq(p->profile->tenancy, profile->tenancy)) {
                *reterr = xasprintf("profile %s is of another tenancy; restart tandemd to change it",
                                    profile->name);
                return -EXDEV;
        }
        oci_profile_free(p->profile);
        p->profile = TAKE_PTR(profile);
        oci_signer_set_credential(p->signer, p->profile->credential);
        return 0;
}

void principal_refresh(Principal *p) {
        _cleanup_free_ char *error = NULL;
        int r = oci_profile_refresh(p->profile, now_realtime(), &error);

        if (r > 0 || (r < 0 && p->profile->credential))
                oci_signer_set_credential(p->signer, p->profile->credential);
        if (r > 0)
                log_info("The session token of profile %s was renewed", p->profile->name);
        if (r < 0 && !streq_ptr(error, p->complaint))
                log_warning("The credential of profile %s: %s", p->profile->name, error);
        free(p->complaint);
        p->complaint = r < 0 ? TAKE_PTR(error) : NULL;
}
