#ifndef CRESOLVER_SHIM_H
#define CRESOLVER_SHIM_H
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>

/* Writes the name that `name` is an alias of (CNAME) into `target`. Returns 1 if it is an alias, else 0.
   A function in C, because the resolver's state and its accessors are macros, which Swift cannot call. */
static inline int rds_iam_alias_target(const char *name, char *target, int capacity) {
    unsigned char answer[4096];
    struct __res_state state;
    ns_msg message;
    ns_rr record;
    int found = 0;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) return 0;
    state.retrans = 1;
    state.retry = 1;
    int length = res_nquery(&state, name, ns_c_in, ns_t_cname, answer, sizeof answer);
    if (length > 0 && length <= (int)sizeof answer && ns_initparse(answer, length, &message) == 0) {
        for (int index = 0; index < ns_msg_count(message, ns_s_an) && !found; index++) {
            if (ns_parserr(&message, ns_s_an, index, &record) != 0 || ns_rr_type(record) != ns_t_cname) continue;
            found = dn_expand(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record), target, capacity) >= 0;
        }
    }
    res_nclose(&state);
    return found;
}
#endif
