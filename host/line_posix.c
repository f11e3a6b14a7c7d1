/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on POSIX systems: termios, sockets of the file system, pseudo-terminals. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include "host/line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const struct {
    unsigned baud;
    speed_t speed;
} speeds[] = {
    { 9600, B9600 },     { 19200, B19200 },     { 38400, B38400 },
    { 57600, B57600 },   { 115200, B115200 },   { 230400, B230400 },
#ifdef B460800
    { 460800, B460800 },
#endif
#ifdef B921600
    { 921600, B921600 }, { 1000000, B1000000 },
#endif
};

static int fail(struct host_line *line, struct host_error *e, int code, const char *hint,
                const char *what, const char *name)
{
    int why = errno;

    host_line_close(line);
    return host_fail(e, code, host_in(name), hint, "%s: %s", what, strerror(why));
}

/* Bytes as they are, 8N1. */
static bool make_raw(int fd, unsigned baud)
{
    struct termios t;
    size_t i = 0;

    if (tcgetattr(fd, &t))
        return false;
    t.c_iflag &=
        ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
    t.c_oflag &= ~(tcflag_t)OPOST;
    t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB);
    t.c_cflag |= CS8 | CLOCAL | CREAD;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    while (i < sizeof speeds / sizeof speeds[0] && speeds[i].baud != baud)
        i++;
    if (i == sizeof speeds / sizeof speeds[0]) {
        errno = EINVAL;
        return false;
    }
    return !cfsetispeed(&t, speeds[i].speed) && !cfsetospeed(&t, speeds[i].speed) &&
           !tcsetattr(fd, TCSANOW, &t);
}

static const char *after(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(text, prefix, n) ? NULL : text + n;
}

static int unix_socket(const char *path, struct sockaddr_un *at)
{
    *at = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!*path || strlen(path) >= sizeof at->sun_path) {
        errno = *path ? ENAMETOOLONG : EINVAL;
        return -1;
    }
    strcpy(at->sun_path, path);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int host_line_dial(struct host_line *line, const char *port, unsigned baud, struct host_error *e)
{
    const char *path = after(port, "socket:");
    struct sockaddr_un at;

    *line = (struct host_line){ .fd = -1, .other = -1 };
    line->name = strdup(port);
    if (path) {
        line->fd = unix_socket(path, &at);
        if (line->fd < 0 || connect(line->fd, (const struct sockaddr *)&at, sizeof at))
            return fail(line, e, HOST_DEVICE, "Is it the socket of something that runs?",
                        "cannot connect", port);
        return HOST_OK;
    }
    line->fd = open(port, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (line->fd < 0)
        return fail(line, e, HOST_DEVICE,
                    errno == EACCES
                        ? "Your user may have to be in the group 'dialout'."
                        : "Is the device connected? 'ls /dev/serial/by-id' lists ports.",
                    "cannot open the port", port);
    if (!make_raw(line->fd, baud))
        return fail(line, e, HOST_DEVICE, "Is it a serial port, and can it have that rate?",
                    "cannot set the port up", port);
    tcflush(line->fd, TCIOFLUSH);
    return HOST_OK;
}

static int serve_pty(struct host_line *line, const char *link, struct host_error *e)
{
    const char *name;

    line->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    name = line->fd >= 0 && !grantpt(line->fd) && !unlockpt(line->fd) ? ptsname(line->fd) : NULL;
    /* kept open: otherwise the line were down whenever nobody is connected */
    line->other = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (line->other < 0 || !make_raw(line->other, 115200))
        return fail(line, e, HOST_FAILED, NULL, "no pseudo-terminal is to be had", "pty");
    if (link && symlink(name, link))
        return fail(line, e, HOST_BAD_INPUT, "Remove it, or name another file.",
                    "cannot make the link", link);
    line->name = strdup(link ? link : name);
    line->remove = link != NULL;
    return HOST_OK;
}

static int serve_socket(struct host_line *line, const char *path, struct host_error *e)
{
    struct sockaddr_un at;

    line->other = unix_socket(path, &at);
    if (line->other < 0 || bind(line->other, (const struct sockaddr *)&at, sizeof at) ||
        listen(line->other, 1))
        return fail(line, e, HOST_BAD_INPUT, "Remove it, or name another file.",
                    "cannot make the socket", path);
    line->name = strdup(path);
    line->remove = true;
    return HOST_OK;
}

int host_line_serve(struct host_line *line, const char *what, struct host_error *e)
{
    const char *link = after(what, "pty:"), *path = after(what, "socket:");

    *line = (struct host_line){ .fd = -1, .other = -1 };
    signal(SIGPIPE, SIG_IGN);
    if (link || !strcmp(what, "pty"))
        return serve_pty(line, link && *link ? link : NULL, e);
    if (path && *path)
        return serve_socket(line, path, e);
    return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Write pty, pty:PATH or socket:PATH.",
                     "'%s' is no console", what);
}

/* A socket's client went: the next one may come. */
static long gone(struct host_line *line)
{
    close(line->fd);
    line->fd = -1;
    return -1;
}

long host_line_read(struct host_line *line, void *buf, size_t size, unsigned wait_ms)
{
    struct pollfd p = { .fd = line->fd >= 0 ? line->fd : line->other, .events = POLLIN };
    ssize_t n;

    if (poll(&p, 1, (int)wait_ms) <= 0)
        return 0;
    if (line->fd < 0) {
        line->fd = accept(line->other, NULL, NULL);
        return 0;
    }
    n = read(line->fd, buf, size);
    if (n > 0)
        return n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : gone(line);
}

bool host_line_write(struct host_line *line, const void *data, size_t len)
{
    const char *at = data;

    while (len && line->fd >= 0) {
        ssize_t n = write(line->fd, at, len);
        struct pollfd p = { .fd = line->fd, .events = POLLOUT };

        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return gone(line) == 0;
        if (n < 0 && poll(&p, 1, 10000) == 0)
            return false; /* the other side takes nothing */
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return len == 0;
}

void host_line_close(struct host_line *line)
{
    if (line->fd >= 0)
        close(line->fd);
    if (line->other >= 0)
        close(line->other);
    if (line->remove)
        unlink(line->name);
    free(line->name);
    *line = (struct host_line){ .fd = -1, .other = -1 };
}

static volatile sig_atomic_t interrupted;

static void heed(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

void host_line_heed(void)
{
    struct sigaction act = { .sa_handler = heed };

    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

bool host_line_interrupted(void)
{
    return interrupted;
}

unsigned long long host_line_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long long)t.tv_sec * 1000 + (unsigned long long)t.tv_nsec / 1000000;
}
