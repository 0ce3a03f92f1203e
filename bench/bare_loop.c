/* The least that a server can do for a crowd: one loop that sends the same bytes to every socket.
 *
 * bare_loop PORT. GET is answered with a response head and the newest event, and watches from then on. A POST's body
 * becomes the newest event and is sent to all who watch, before the 202. Nothing is checked, buffered or repeated.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_FILES = 1 << 20, LONGEST = 1 << 16, AT_ONCE = 1024 };

static const char STREAM_HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n";
static const char ACCEPTED[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

static int watching[MOST_FILES]; /* their descriptors, without holes */
static int place_of[MOST_FILES]; /* where in `watching` a descriptor is, plus one; 0 where it is not */
static int crowd;
static char event[LONGEST + 64];
static size_t event_length;

static void give_up(const char *what) {
    perror(what);
    exit(1);
}

static void tell(int file, const char *bytes, size_t length) {
    if (send(file, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) { /* the reader is behind: its loss */
    }
}

static void join(int file) {
    tell(file, STREAM_HEAD, sizeof STREAM_HEAD - 1);
    tell(file, event, event_length);
    watching[crowd++] = file;
    place_of[file] = crowd;
}

static void leave(int file) {
    if (place_of[file]) {
        int last = watching[--crowd];
        watching[place_of[file] - 1] = last;
        place_of[last] = place_of[file];
        place_of[file] = 0;
    }
    close(file);
}

static void cast(const char *body, size_t length) {
    event_length = (size_t)snprintf(event, sizeof event, "data: %.*s\n\n", (int)length, body);
    for (int i = 0; i < crowd; i++) tell(watching[i], event, event_length);
}

static void serve(int file) {
    static char request[LONGEST];
    ssize_t length = recv(file, request, sizeof request - 1, MSG_DONTWAIT);
    if (length <= 0) {
        leave(file);
        return;
    }
    request[length] = 0;
    const char *body = strstr(request, "\r\n\r\n");
    if (!strncmp(request, "GET ", 4)) {
        join(file);
    } else if (body) { /* the bench sends head and body in one piece */
        cast(body + 4, (size_t)(request + length - body - 4));
        tell(file, ACCEPTED, sizeof ACCEPTED - 1);
    }
}

static int listen_on(int port) {
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) give_up("listen");
    return listener;
}

static void welcome(int poll, int listener) {
    int file;
    while ((file = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct epoll_event reads = {.events = EPOLLIN, .data.fd = file};
        if (file >= MOST_FILES || epoll_ctl(poll, EPOLL_CTL_ADD, file, &reads)) give_up("accept");
    }
}

int main(int count, char **words) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);

    int poll = epoll_create1(0), listener = listen_on(count > 1 ? atoi(words[1]) : 8080);
    struct epoll_event comes = {.events = EPOLLIN, .data.fd = listener};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &comes)) give_up("epoll");
    for (;;) {
        struct epoll_event ready[AT_ONCE];
        int n = epoll_wait(poll, ready, AT_ONCE, -1);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == listener)
                welcome(poll, listener);
            else
                serve(ready[i].data.fd);
        }
    }
}
