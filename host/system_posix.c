/* SPDX-License-Identifier: Apache-2.0 */
/* Locks, temporary files and other programs, on Linux, macOS and other systems of that kind. */
#define _GNU_SOURCE
#include "host/system.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- locks ---- */

#define LOCK_LOOK_MS 5u /* how often a lock is asked for */

static bool has_no_locks(int error)
{
    return error == ENOLCK || error == ENOTSUP || error == EOPNOTSUPP || error == ENOSYS;
}

/* Take the lock of an open file. Waiting is done here and not by the kernel, so that it ends. */
static bool lock_in_time(int fd, bool exclusive, unsigned *wait_ms)
{
    const struct timespec pause = { 0, (long)LOCK_LOOK_MS * 1000000 };

    while (flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        if (has_no_locks(errno))
            return true;
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK || *wait_ms < LOCK_LOOK_MS)
            return false;
        nanosleep(&pause, NULL);
        *wait_ms -= LOCK_LOOK_MS;
    }
    return true;
}

bool host_lock_open_file(int fd, bool exclusive)
{
    unsigned no_time = 0;

    return lock_in_time(fd, exclusive, &no_time);
}

int host_lock_path(const char *path, bool exclusive, unsigned wait_ms)
{
    struct stat ours, now;

    for (;;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;

        if (fd < 0)
            return -1;
        if (!lock_in_time(fd, exclusive, &wait_ms) || fstat(fd, &ours) != 0) {
            error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        /* A file renamed over it while we waited leaves us with the lock of the old one. */
        if (stat(path, &now) == 0 && ours.st_ino == now.st_ino && ours.st_dev == now.st_dev)
            return fd;
        close(fd);
    }
}

void host_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

/* ---- files that do not outlive the program ---- */

static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define N_DEADLY (sizeof deadly / sizeof deadly[0])

/* Read by the handler: pointers are set and cleared with the signals held. */
static const char *temporaries[HOST_TEMPORARIES_MAX];
static struct sigaction before[N_DEADLY];
static unsigned n_temporaries;

/* Remove the files, then do what would have been done without us. */
static void on_deadly_signal(int number)
{
    int error = errno;

    for (unsigned i = 0; i < HOST_TEMPORARIES_MAX; i++)
        if (temporaries[i])
            unlink(temporaries[i]);
    for (unsigned i = 0; i < N_DEADLY; i++)
        if (deadly[i] == number)
            sigaction(number, &before[i], NULL);
    raise(number); /* held until we return */
    errno = error;
}

static void hold_signals(sigset_t *old)
{
    sigset_t set;

    sigemptyset(&set);
    for (unsigned i = 0; i < N_DEADLY; i++)
        sigaddset(&set, deadly[i]);
    sigprocmask(SIG_BLOCK, &set, old);
}

/* A signal that is ignored (nohup) stays ignored. */
static void watch_signals(void)
{
    struct sigaction ours = { .sa_handler = on_deadly_signal };

    sigemptyset(&ours.sa_mask);
    for (unsigned i = 0; i < N_DEADLY; i++)
        if (sigaction(deadly[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
            sigaction(deadly[i], &ours, NULL);
}

static void leave_signals(void)
{
    for (unsigned i = 0; i < N_DEADLY; i++)
        if (before[i].sa_handler != SIG_IGN)
            sigaction(deadly[i], &before[i], NULL);
}

void host_temporary_remember(const char *path)
{
    sigset_t old;

    hold_signals(&old);
    for (unsigned i = 0; i < HOST_TEMPORARIES_MAX; i++)
        if (!temporaries[i]) {
            temporaries[i] = path;
            if (n_temporaries++ == 0)
                watch_signals();
            break;
        }
    sigprocmask(SIG_SETMASK, &old, NULL);
}

void host_temporary_forget(const char *path)
{
    sigset_t old;

    hold_signals(&old);
    for (unsigned i = 0; i < HOST_TEMPORARIES_MAX; i++)
        if (temporaries[i] == path) {
            temporaries[i] = NULL;
            if (--n_temporaries == 0)
                leave_signals();
        }
    sigprocmask(SIG_SETMASK, &old, NULL);
}

int host_temporary_open(char *path)
{
    sigset_t old;
    int fd, error;

    hold_signals(&old);
    fd = mkostemp(path, O_CLOEXEC);
    error = errno;
    if (fd >= 0)
        host_temporary_remember(path);
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return fd;
}

char *host_temporary_new(void)
{
    const char *folder = getenv("TMPDIR");
    char *path = NULL;
    int fd;

    if (asprintf(&path, "%s/bulkhead.XXXXXX", folder && *folder ? folder : "/tmp") < 0)
        return NULL;
    fd = host_temporary_open(path);
    if (fd < 0) {
        free(path);
        return NULL;
    }
    close(fd);
    return path;
}

void host_temporary_remove(const char *path)
{
    unlink(path);
    host_temporary_forget(path);
}

/* ---- the terminal ---- */

unsigned host_terminal_columns(void)
{
    struct winsize w;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

/* ---- this program ---- */

#ifdef __APPLE__
#include <mach-o/dyld.h>

static char *program(void)
{
    char name[4096];
    uint32_t size = sizeof name;

    return _NSGetExecutablePath(name, &size) == 0 ? realpath(name, NULL) : NULL;
}
#else
static char *program(void)
{
    char *name = realpath("/proc/self/exe", NULL);

    return name ? name : realpath("/proc/curproc/file", NULL); /* FreeBSD */
}
#endif

char *host_program_path(void)
{
    return program();
}

/* ---- other programs ---- */

static bool collect(int fd, struct host_bytes *out)
{
    size_t room = 4096;
    ssize_t n;

    *out = (struct host_bytes){ malloc(room), 0 };
    while (out->data && (n = read(fd, out->data + out->len, room - out->len - 1)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        out->len += (size_t)n;
        if (room - out->len < 2) {
            uint8_t *more = realloc(out->data, room * 2);

            if (!more)
                return false;
            out->data = more;
            room *= 2;
        }
    }
    if (out->data)
        out->data[out->len] = 0;
    return out->data != NULL;
}

/* Start it with its output on an open file. */
static int start(const char *const *argv, int output, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (output != STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    error = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int host_run(const char *const *argv, enum host_run_output how, struct host_bytes *output)
{
    int ends[2] = { -1, STDERR_FILENO }, error, code;
    pid_t pid;

    fflush(stdout); /* what we said comes first */
    if (how == HOST_RUN_TO_MEMORY) {
        *output = (struct host_bytes){ NULL, 0 };
        if (pipe(ends) != 0)
            return -1;
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    }
    error = start(argv, ends[1], &pid);
    if (how == HOST_RUN_TO_MEMORY) {
        close(ends[1]);
        if (!error)
            collect(ends[0], output);
        close(ends[0]);
    }
    code = error ? -1 : wait_for(pid);
    if (error)
        errno = error;
    return code;
}

/* ---- a command of the shell ---- */

struct child {
    pid_t pid;
    int in, out; /* our ends: what it reads, what it writes; -1: closed */
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool spawn_shell(const char *command, int in, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };

    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return false;
    }
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    bool ok = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) == 0 &&
              posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) == 0 &&
              posix_spawnattr_setsigdefault(&attributes, &defaults) == 0 &&
              posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) == 0 &&
              posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return ok;
}

/* A pipe that programs which are started later do not inherit. */
static bool open_pipe(int ends[2])
{
    return pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

static bool start_shell(const char *command, struct child *c)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    bool ok = open_pipe(in) && open_pipe(out) && fcntl(in[1], F_SETFL, O_NONBLOCK) == 0 &&
              spawn_shell(command, in[0], out[1], &c->pid);
    int error = errno;

    close_end(&in[0]);
    close_end(&out[1]);
    if (!ok) {
        close_end(&in[1]);
        close_end(&out[0]);
    }
    c->in = in[1];
    c->out = out[0];
    errno = error;
    return ok;
}

/* What is said to a child, and what it answers. */
struct talk {
    const uint8_t *input;
    size_t len, given;
    uint8_t *output;
    size_t room, got;
};

/* False: nothing more will come, or more came than there is room for. */
static bool take(const struct child *c, struct talk *t)
{
    uint8_t beyond;
    bool room = t->got < t->room;
    ssize_t n = read(c->out, room ? t->output + t->got : &beyond, room ? t->room - t->got : 1);

    if (n > 0 && room)
        t->got += (size_t)n;
    else if (n > 0)
        t->got = t->room + 1;
    return n > 0 && t->got <= t->room;
}

/* A command that does not want all of its input is none of our business. */
static void give(struct child *c, struct talk *t)
{
    ssize_t n = write(c->in, t->input + t->given, t->len - t->given);

    if (n > 0)
        t->given += (size_t)n;
    if (t->given == t->len || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_end(&c->in);
}

static void converse(struct child *c, struct talk *t)
{
    if (!t->len)
        close_end(&c->in);
    for (;;) {
        struct pollfd ends[2] = { { c->out, POLLIN, 0 }, { c->in, POLLOUT, 0 } };

        if (poll(ends, c->in >= 0 ? 2 : 1, -1) < 0 && errno != EINTR)
            break;
        if (c->in >= 0 && ends[1].revents)
            give(c, t);
        if (ends[0].revents && !take(c, t))
            break;
    }
    close_end(&c->in);
    close_end(&c->out);
}

int host_run_filter(const char *command, const void *input, size_t len, uint8_t *output,
                    size_t room, size_t *got)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, saved;
    struct talk talk = { .input = input, .len = len, .output = output, .room = room };
    struct child child;
    int code = -1, error = 0;

    sigaction(SIGPIPE, &ignore, &saved);
    if (start_shell(command, &child)) {
        converse(&child, &talk);
        code = wait_for(child.pid);
    }
    error = errno;
    sigaction(SIGPIPE, &saved, NULL);
    *got = talk.got;
    errno = error;
    return code;
}

/* ---- processes of our own ---- */

struct part {
    pid_t pid;
    int pipe; /* -1: done */
};

bool host_part_say(int say, const void *message, size_t size)
{
    const char *p = message;

    while (size) {
        ssize_t n = write(say, p, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        size -= (size_t)n;
    }
    return true;
}

/* All of a message; false: it said its last, or died. */
static bool hear(int fd, void *message, size_t size)
{
    char *p = message;

    while (size) {
        ssize_t n = read(fd, p, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        size -= (size_t)n;
    }
    return true;
}

static bool start_part(const struct host_parts *p, unsigned number, struct part *part)
{
    int ends[2] = { -1, -1 };

    part->pipe = -1;
    part->pid = pipe(ends) == 0 ? fork() : -1;
    if (part->pid == 0) {
        close(ends[0]);
        _exit(p->work(p->context, number, ends[1]) ? 0 : 1);
    }
    close_end(&ends[1]);
    if (part->pid < 0)
        close_end(&ends[0]);
    part->pipe = ends[0];
    return part->pid > 0;
}

static void listen_to(const struct host_parts *p, struct part *parts, unsigned n, void *message)
{
    unsigned left = 0;

    for (unsigned i = 0; i < n; i++)
        left += parts[i].pipe >= 0;
    while (left) {
        struct pollfd ready[HOST_PARTS_MAX];

        for (unsigned i = 0; i < n; i++)
            ready[i] = (struct pollfd){ .fd = parts[i].pipe, .events = POLLIN };
        if (poll(ready, n, -1) < 0)
            continue;
        for (unsigned i = 0; i < n; i++) {
            if (parts[i].pipe < 0 || !ready[i].revents)
                continue;
            if (hear(parts[i].pipe, message, p->size)) {
                p->heard(p->context, i, message);
                continue;
            }
            close_end(&parts[i].pipe);
            left--;
        }
    }
}

bool host_parts_run(const struct host_parts *p, unsigned n)
{
    struct part parts[HOST_PARTS_MAX];
    void *message = malloc(p->size);
    bool well = message && n <= HOST_PARTS_MAX;
    unsigned started = 0;

    fflush(NULL); /* or each part would print it again */
    for (; well && started < n; started++)
        well = start_part(p, started, &parts[started]);
    listen_to(p, parts, started, message);
    for (unsigned i = 0; i < started; i++)
        if (parts[i].pid > 0)
            well = wait_for(parts[i].pid) == 0 && well;
    free(message);
    return well;
}
