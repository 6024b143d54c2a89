#ifndef CLIBPQ_PEER_SHIM_H
#define CLIBPQ_PEER_SHIM_H
#include <libpq-fe.h>
#endif
