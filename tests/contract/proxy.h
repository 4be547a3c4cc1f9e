/* A TCP proxy on a loopback port that cuts or stalls what the server sends. One client at a time.
 */
#ifndef TESTS_CONTRACT_PROXY_H
#define TESTS_CONTRACT_PROXY_H

#include <stdbool.h>

int proxy_start(int to_port);        /* its own port; fails the test when it can't */
/* from now on so many bytes from the server pass; then the connection is closed, or silent. -1: no
 * limit */
void proxy_limit(long bytes, bool stall);
long proxy_passed(void);             /* bytes from the server since proxy_limit */
void proxy_stop(void);

#endif
